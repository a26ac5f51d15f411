// Starts reveal.js, and prepares the slides for print where the address ends in ?print-pdf.
const inPrint = /print-pdf/i.test(location.search);

const stacked = () => [...document.querySelectorAll(".steps")].map((s) => s.closest("section"));

// Before reveal.js starts, all slides get their size, and the height of the longest text of steps.
function measure() {
  for (const slide of all(document, "section[id]")) {
    slide.style.display = slide.parentElement.style.display = "block";
    fit(slide);
    const heights = all(slide, ".step-text").map((text) => text.offsetHeight);
    slide.dataset.textHeight = `${Math.max(...heights)}px`;
    slide.style.display = slide.parentElement.style.display = "";
  }
}

// On paper nothing takes the place of anything: each step becomes a page of its own, where text
// and picture stand as they do on the screen.
function unstack() {
  for (const slide of stacked()) {
    const pages = [...slide.querySelectorAll(".step")].map((_, i) => {
      const page = slide.cloneNode(true);
      if (i > 0) page.id += `-${i + 1}`;
      [...page.querySelectorAll(".step")].forEach((step, j) => j === i || step.remove());
      page.querySelector(".step").classList.remove("fragment", "current-visible");
      page.querySelector(".step-text").style.minHeight = slide.dataset.textHeight;
      return page;
    });
    slide.replaceWith(...pages);
  }
}

// reveal.js hides all slides but one from screen readers, and with them from the tags of a PDF.
function uncover() {
  for (const slide of document.querySelectorAll(".slides section")) {
    slide.removeAttribute("hidden");
    slide.removeAttribute("aria-hidden");
    slide.removeAttribute("inert");
  }
  document.documentElement.dataset.printReady = "";
  if (opener) print();
}

// Slides are laid out for paper in a window of their own.
addEventListener("keydown", (event) => {
  if (event.key === "p" && (event.ctrlKey || event.metaKey) && !inPrint) {
    event.preventDefault();
    open("?print-pdf");
  }
});

// Tab must not lead to what is on a slide that nobody sees; from above, all can be clicked on.
function holdFocus(deck) {
  for (const slide of deck.getSlides())
    slide.inert = !deck.isOverview() && slide !== deck.getCurrentSlide();
}

// A slide gets its size when it is shown, and the next one, which is shown soon, meanwhile.
function fitShown(deck) {
  if (deck.isOverview()) deck.getSlides().forEach(fit);
  else fit(deck.getCurrentSlide());
  const slides = deck.getSlides();
  requestIdleCallback(() => {
    const next = slides[slides.indexOf(deck.getCurrentSlide()) + 1];
    if (next) fit(next);
  });
}

// From above, all slides lie in a grid, in their order, and arrows lead through it.
function layOut(deck) {
  const slides = deck.getSlides();
  const columns = Math.ceil(Math.sqrt(slides.length));
  const [width, height] = [1340 * columns + 60, 780 * Math.ceil(slides.length / columns) + 60];
  const small = Math.min(innerWidth / width, innerHeight / height);
  deck.getSlidesElement().style.setProperty("--small", small);
  slides.forEach((slide, k) => {
    slide.style.setProperty("--column", k % columns);
    slide.style.setProperty("--row", Math.floor(k / columns));
  });
  const arrows = { 37: -1, 38: -columns, 39: 1, 40: columns };
  for (const [key, n] of Object.entries(arrows))
    deck.addKeyBinding(key, () => {
      const to = slides[slides.indexOf(deck.getCurrentSlide()) + n];
      if (to) deck.slide(...Object.values(deck.getIndices(to)));
    });
  deck.on("overviewhidden", () => Object.keys(arrows).forEach((key) => deck.removeKeyBinding(key)));
}

async function start() {
  // What has not come yet has no size; what never comes is no reason to show nothing.
  await Promise.all([
    ...[...document.fonts].map((face) => face.load().catch(() => {})),
    ...[...document.images].map((image) => image.complete || new Promise((done) =>
      ["load", "error"].forEach((event) => image.addEventListener(event, done)))),
  ]);
  if (inPrint) {
    document.documentElement.dataset.theme = "light";
    measure();
    unstack();
  }
  // Where this is missing, reveal computes all styles once for each slide.
  for (const slide of document.querySelectorAll(".slides section"))
    slide.dataset.backgroundColor = "rgba(0, 0, 0, 0)";
  const deck = new Reveal({
    width: 1280,
    height: 720,
    margin: 0,
    center: false,
    hash: true,
    navigationMode: "linear",
    slideNumber: "c/t",
    controlsTutorial: false,
    transition: "none",
    backgroundTransition: "none",
    pdfSeparateFragments: false,
    scrollActivationWidth: null,
    // These keys open and close a fold that has the focus; what the speaker view sends has no target.
    // Escape ends what Alt and a click have enlarged, and does not open the overview as well.
    keyboardCondition: (event) =>
      !(event.target?.closest?.("summary") && [" ", "Enter"].includes(event.key)) &&
      !(event.key === "Escape" && document.body.style.transform),
    defaultTiming: 0,
    zoomKey: "alt",
    plugins: [RevealNotes, RevealZoom],
  });
  deck.on("pdf-ready", uncover);
  if (!inPrint)
    for (const event of ["ready", "slidechanged", "overviewshown", "overviewhidden"])
      deck.on(event, () => {
        holdFocus(deck);
        fitShown(deck);
      });
  deck.on("overviewshown", () => layOut(deck));
  await deck.initialize();
  window.deck = deck;
}
start();
