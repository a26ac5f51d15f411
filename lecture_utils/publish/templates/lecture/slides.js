// Starts reveal.js, and prepares the slides for print where the address ends in ?print-pdf.
const inPrint = /print-pdf/i.test(location.search);

const stacked = () => [...document.querySelectorAll(".steps")].map((s) => s.closest("section"));

// Before reveal.js starts, the height that the longest text of all steps takes.
function measure() {
  for (const slide of stacked()) {
    slide.style.display = slide.parentElement.style.display = "block";
    const heights = [...slide.querySelectorAll(".step-text")].map((text) => text.offsetHeight);
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

async function start() {
  if (inPrint) {
    await document.fonts.ready;
    measure();
    unstack();
  }
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
    keyboardCondition: (event) =>
      !(event.target?.closest?.("summary") && [" ", "Enter"].includes(event.key)),
    defaultTiming: 0,
    plugins: [RevealNotes],
  });
  deck.on("pdf-ready", uncover);
  if (!inPrint)
    for (const event of ["ready", "slidechanged", "overviewshown", "overviewhidden"])
      deck.on(event, () => holdFocus(deck));
  await deck.initialize();
  window.deck = deck;
}
start();
