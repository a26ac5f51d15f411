// What makes a page of notes easier to read; without it, all of the text is there.

const button = (text, name, onClick) => {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  if (name) made.setAttribute("aria-label", name);
  made.addEventListener("click", () => onClick(made));
  return made;
};

// What is wider than the page can be moved by keys, and only then the Tab key stops at it.
function findWide() {
  for (const formula of document.querySelectorAll("mjx-container:not([display])")) {
    const width = Math.max(formula.offsetWidth, formula.scrollWidth); // what is wide already, scrolls
    const room = formula.parentElement.closest(":not(a, b, em, i, span, strong)").clientWidth;
    formula.classList.toggle("wide", width > room);
  }
  for (const box of document.querySelectorAll("pre, mjx-container, .cell, .output")) {
    if (box.scrollWidth > box.clientWidth + 1) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
}
addEventListener("load", findWide);
addEventListener("resize", findWide);
addEventListener("toggle", findWide, true);

// A link at each heading, whose address can be sent to somebody.
for (const part of document.querySelectorAll("main section[id]")) {
  const heading = part.querySelector("h2, h3");
  if (!heading) continue;
  const link = document.createElement("a");
  link.className = "anchor";
  link.href = `#${part.id}`;
  link.textContent = "#";
  link.setAttribute("aria-label", `Link to: ${heading.textContent.trim()}`);
  heading.append(" ", link);
}

// Where clipboards are for safe addresses alone, what is selected can still be copied.
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const field = document.createElement("textarea");
    field.value = text;
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
}
for (const code of document.querySelectorAll("main pre.code")) {
  const box = document.createElement("div");
  box.className = "code-box";
  code.replaceWith(box);
  const copyButton = button("Copy", "Copy this code", async (pressed) => {
    await copy(code.innerText);
    pressed.textContent = "Copied";
    setTimeout(() => (pressed.textContent = "Copy"), 2000);
  });
  box.append(code, copyButton);
}

// On a phone the letters of a figure are small: it opens as large as it was drawn, to be moved.
const large = document.createElement("dialog");
large.setAttribute("aria-label", "Figure, enlarged");
large.append(button("Close", "", () => large.close()), document.createElement("div"));
document.body.append(large);
let takenFrom = null;
large.addEventListener("close", () => takenFrom?.prepend(large.lastElementChild.firstElementChild));
large.addEventListener("click", (event) => event.target === large && large.close());
for (const figure of document.querySelectorAll("main figure:has(> :is(svg, img):first-child)")) {
  const open = () => {
    takenFrom = figure;
    large.lastElementChild.append(figure.firstElementChild);
    large.showModal();
  };
  figure.append(button("Enlarge", "Enlarge this figure", open));
  // What is to be played with is not opened by a finger that means its handles.
  if (!figure.player) figure.firstElementChild.addEventListener("click", () => large.open || open());
}

// What is said to a class is out of a reader's way; who prepares one opens all of it at once.
const said = document.querySelectorAll("details.said");
if (said.length) {
  const toggle = button("Notes for class", "", () => {
    const reads = document.body.classList.toggle("for-readers");
    toggle.setAttribute("aria-pressed", !reads);
    for (const note of said) note.open = !reads;
  });
  document.body.classList.add("for-readers");
  toggle.setAttribute("aria-pressed", false);
  document.querySelector(".switches").append(toggle);
}

// Where there is no room beside the text, the contents do not stand before it.
if (!matchMedia("(min-width: 72rem)").matches)
  document.querySelector("nav.contents details").open = false;

// In the contents, the part that is being read is marked.
const entries = [...document.querySelectorAll("nav.contents a")];
const starts = entries.map((entry) => document.getElementById(entry.hash.slice(1)));
function mark() {
  const here = starts.findLastIndex((start) => start?.getBoundingClientRect().top < 120);
  for (const [i, entry] of entries.entries()) {
    if (i !== here) entry.removeAttribute("aria-current");
    else if (!entry.hasAttribute("aria-current")) {
      entry.setAttribute("aria-current", "location");
      const list = entry.closest("nav");
      const [box, line] = [list, entry].map((element) => element.getBoundingClientRect());
      if (list.scrollHeight > list.clientHeight && (line.top < box.top || line.bottom > box.bottom))
        list.scrollTop += line.top - box.top - box.height / 2;
    }
  }
}
let waits = false;
addEventListener("scroll", () => {
  if (waits) return;
  waits = true;
  requestAnimationFrame(() => {
    waits = false;
    mark();
  });
}, { passive: true });
mark();
