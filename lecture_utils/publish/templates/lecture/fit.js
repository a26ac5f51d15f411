// Lets the text of a slide be as large as its frame allows, and as small as it must be. Nothing
// here asks for the time or the screen: the same slide always comes out the same.
const FRAME = { width: 1280, height: 720, edge: 64, top: 34, heading: 68, bottom: 44 };
const LARGEST_CODE = 1.3;
const LEAST_CODE = 0.7; // 14 px: longer lines are broken rather than made smaller
const GROWN = [1.35, 1.3, 1.25, 1.2, 1.15, 1.1, 1.05, 1];
const SHRUNK = Array.from({ length: 150 }, (_, k) => 0.98 ** (k + 1));
const MOST_ABOVE_CODE = 1.25; // text grows with code, as far as long lines let it grow
const DRAWN_WELL = 0.85; // of the size a figure was made for, at which its letters can be read
const MOST_WITH_FIGURE = 1.15; // larger text would make the letters of a figure look small
const CENTRED_BELOW = 0.6; // of the height
const LAYOUTS = ["beside", "narrow", "full", "tight", "columns"]; // in slides.css
const COLUMNS_BELOW = 0.8;
const LONG = /\S{25}/; // a word in a table that may be broken, as an address
const HOPELESS = 15; // times the height: to look for a size would take minutes, and none is readable
const CUT = 0.4; // the size of such a text, of which the frame shows the beginning
const SMALL = 0.6; // letters below this share of their size can't be read in a hall

const all = (node, selector) => [...node.querySelectorAll(selector)];

// The first of the sizes, the largest first, that fits; the last if none does. A search by halves.
function largest(sizes, fits) {
  let [low, high] = [0, sizes.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (fits(sizes[middle])) high = middle;
    else low = middle + 1;
  }
  return sizes[low];
}

// The most room that figures take: how many are one below the other, and the largest of them.
function measureFigures(frame) {
  const steps = all(frame, ".step");
  const sizes = all(frame, ":not(.cover) > figure > :is(svg, img)").map((picture) =>
    picture.localName === "img"
      ? [picture.naturalWidth, picture.naturalHeight]
      : [picture.viewBox.baseVal.width * (96 / 72), picture.viewBox.baseVal.height * (96 / 72)],
  );
  const stacked = (steps.length ? steps : [frame]).map((part) => all(part, ":not(.cover) > figure").length);
  const [width, height] = [0, 1].map((k) => Math.max(1, ...sizes.map((size) => size[k])));
  const n = Math.max(...stacked);
  const scale = (room) => Math.min((FRAME.width - 2 * FRAME.edge) / width, room / (n * height));
  return { n, scale, aspect: width / height };
}

// The width that there is for something, in the pixels of the frame.
function roomFor(node) {
  let box = node.parentElement;
  while (!box.clientWidth) box = box.parentElement; // which has no box of its own
  const { paddingLeft, paddingRight } = getComputedStyle(box);
  const room = box.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight);
  return box.matches(".columns") ? room / 2 - 20 : room;
}

// What is wider than its place is made smaller by itself: a formula, a table, a row of numbers.
// Returned is the least share that is left of one, at most 1.
function narrow(frame) {
  const wide = all(frame, "mjx-container, table, .big-numbers").filter(
    (node) => !node.parentElement.closest("table, .big-numbers"),
  );
  for (const node of wide) node.style.fontSize = "";
  for (const cell of all(frame, "td, th")) cell.classList.toggle("long", LONG.test(cell.textContent));
  const perPixel = frame.offsetWidth / frame.getBoundingClientRect().width;
  const shares = wide.map((node) => {
    // What is around it is made smaller as a whole, see `shrink`.
    if (node.localName === "table" && node.parentElement.closest(".wide")) return 1;
    const shown = node.querySelector(":scope > svg") ?? node;
    // Of a table that goes on in the next column, its parts are looked at.
    const width = Math.max(...[...shown.getClientRects()].map((box) => box.width)) * perPixel;
    return roomFor(node) / Math.max(width, node.matches(".big-numbers") ? node.scrollWidth : 0);
  });
  wide.forEach((node, k) => {
    const usual = node.localName === "mjx-container" ? 95 : 100; // as in slides.css
    if (shares[k] < 1) node.style.fontSize = `${usual * Math.floor(99 * shares[k]) / 100}%`;
  });
  return Math.min(1, ...shares);
}

// Nobody scrolls on a slide: a box that is lower than what it holds becomes as high.
function unroll(frame) {
  const boxes = all(frame, ".cell [style*='height']:not(svg, svg *, img, mjx-container, mjx-container *)");
  const isLow = (box) => box.clientHeight && box.scrollHeight > box.clientHeight + 1;
  for (let depth = 0; depth < 3; depth++) // since what is around it may be too low then
    for (const box of boxes.filter(isLow)) box.style.height = box.style.maxHeight = "max-content";
}

const isWide = (box) => box.scrollWidth > box.clientWidth + 1;
// What is placed, and takes no room, has a box without height, which would show nothing of it.
const isFlat = (box) => box.matches(".held") && !box.clientHeight && box.scrollHeight;

function release(frame) {
  for (const box of all(frame, ".wide")) {
    box.classList.remove("wide");
    box.style.zoom = box.style.minHeight = "";
  }
}

// What a notebook made wider than its place would be cut there, and a table that must not wrap is
// tiny: they wrap where they can (in slides.css). Returned are the boxes that hold what would be
// cut, each after those in it.
function loosen(frame) {
  const places = all(frame, ".held, .output, .cell > *").filter((box) => !box.matches("pre, table"));
  const boxes = places.filter((box) => isWide(box) || isFlat(box)).reverse();
  const tables = all(frame, "table").filter((table) => parseFloat(table.style.fontSize) < 100 * SMALL);
  for (const box of boxes.concat(tables)) box.classList.add("wide");
  return boxes;
}

// What is still too wide is made smaller as a whole.
// Returned is the least share, which is below 1 since nothing here has room to grow.
function shrink(boxes) {
  const shares = boxes.map((box) => {
    let share = 1;
    for (let k = 0; k < 3 && isWide(box); k++) {
      share *= Math.floor((99 * box.clientWidth) / box.scrollWidth) / 100;
      box.style.zoom = share;
    }
    if (isFlat(box)) box.style.minHeight = `${box.scrollHeight}px`;
    return share;
  });
  return Math.min(0.99, ...shares);
}

// The largest factor at which all lines of code are as wide as their place at most; those that
// would be too small are broken.
function limitOfCode(frame) {
  const codes = all(frame, "pre");
  for (const code of codes) code.classList.remove("broken");
  frame.style.setProperty("--fit-code", 1);
  const limits = codes.map((code) => roomFor(code) / code.offsetWidth);
  codes.forEach((code, k) => code.classList.toggle("broken", limits[k] < LEAST_CODE));
  return Math.min(LARGEST_CODE, ...limits.filter((limit) => limit >= LEAST_CODE));
}

// Give a frame the largest size at which all in it fits in a layout. Where it would have to be
// smaller than usual, only if it may: other layouts come first.
function setIn(layout, { frame, figures, grown }, mayShrink) {
  frame.classList.remove(...LAYOUTS);
  frame.classList.add(layout);
  const codeLimit = limitOfCode(frame);
  const most = figures.scale(FRAME.height - FRAME.top - FRAME.heading - FRAME.bottom);
  // One that was drawn for slides stays readable; of another's, most of what can be had is seen.
  let need = most > 0.95 ? DRAWN_WELL : 0.7 * most;
  const isApart = figures.n === 0 || layout === "beside";
  let least;
  function set(size) {
    frame.style.setProperty("--fit", size);
    frame.style.setProperty("--fit-code", Math.min(size, codeLimit));
    release(frame);
    least = narrow(frame);
    // Of a box that goes on in the next column, browsers tell no width.
    const boxes = layout === "columns" ? [] : loosen(frame);
    if (frame.querySelector(".wide")) least = Math.min(narrow(frame), shrink(boxes));
    // Columns, which have the height of the frame, grow sideways.
    const isFull = frame.scrollWidth > frame.offsetWidth || frame.scrollHeight > frame.offsetHeight;
    return layout === "columns" ? -isFull : FRAME.height - frame.offsetHeight;
  }
  // Where a formula has no room to grow, its text does not leave it behind.
  function fits(size) {
    const free = set(size);
    if (free < 0 || (size > 1 && least < 1)) return false;
    return isApart || figures.scale(free) >= need;
  }
  let sizes = mayShrink ? SHRUNK : [0];
  if (fits(1)) {
    // No figure gives way to larger text.
    need = Math.max(need, Math.min(most, figures.scale(set(1))));
    const limit = figures.n ? MOST_WITH_FIGURE : Infinity;
    sizes = grown.filter((size) => size <= Math.min(limit, Math.max(1, MOST_ABOVE_CODE * codeLimit)));
  }
  let size = largest(sizes, fits);
  // Small text is hard to read: rather than that, figures take less.
  if (mayShrink && size < SMALL && figures.n && !isApart) {
    need *= 0.6;
    size = largest(SHRUNK, fits);
  }
  if (mayShrink && !fits(size)) size = 1; // what can't become smaller is no better among small text
  const free = size && set(size);
  return { layout, size, free, smallest: size * least };
}

// A square figure that has a place of its own on the slide, but for tasks, can have the text
// beside it.
function canBeBeside(frame, figures) {
  if (figures.n !== 1 || figures.aspect >= 1.3) return false;
  if (frame.querySelector(":scope > .steps")) return true;
  const place = [...frame.children].find((part) => part.querySelector("figure"));
  return !place.querySelector("pre, :not(.task) > p, table, .output, h2");
}

// Pictures among text have their own size: make the tallest lower until all fits, and say whether
// it does; not below a share of what they may have, if there is one.
function shrinkPictures({ frame }, least) {
  const pictures = all(frame, "img").filter((picture) => !picture.closest("figure"));
  const tallest = Math.min(500, Math.max(0, ...pictures.map((picture) => picture.offsetHeight)));
  if (!tallest) return false;
  frame.style.setProperty("--fit", 1);
  const fits = (share) => {
    frame.style.setProperty("--tallest", `${Math.floor(tallest * share)}px`);
    return frame.offsetHeight <= FRAME.height;
  };
  if (fits(largest([1, ...SHRUNK].filter((share) => share >= least), fits))) return true;
  if (least) frame.style.removeProperty("--tallest");
  return false;
}

// The first layout in which nothing is smaller than usual, or else the one in which it is largest.
function setBest(content, isTitle) {
  const { frame, figures } = content;
  // Below shorter lines, of which there are more, a figure would be smaller.
  const layouts = canBeBeside(frame, figures) ? ["beside"] : [];
  for (const layout of layouts.concat(figures.n ? "full" : ["narrow", "full"])) {
    const found = setIn(layout, content, isTitle && layout === "full");
    if (found.size) return found;
  }
  if (shrinkPictures(content, 0.5)) return setIn("tight", { ...content, grown: [1] }, true);
  const tight = setIn("tight", content, true);
  if (tight.free < 0) {
    shrinkPictures(content, 0);
    return setIn("tight", { ...content, grown: [1] }, true);
  }
  if (tight.size > COLUMNS_BELOW || figures.n || frame.querySelector(".wide:not(table)")) return tight;
  const broken = all(frame, ".broken").length;
  const columns = setIn("columns", content, true);
  // Lines of code that are broken for it are worse than somewhat smaller ones.
  const breaks = all(frame, ".broken").length > broken && tight.size > SMALL;
  // Text that grows is no gain where a table or a formula, which has half the width, shrinks.
  const isLarger = columns.size > tight.size && columns.smallest >= tight.smallest;
  return isLarger && !breaks ? columns : setIn("tight", content, true);
}

function fit(slide) {
  const frame = slide.querySelector(":scope > .frame");
  if (!frame || frame.style.getPropertyValue("--fit") || !frame.offsetHeight) return;
  // Of choices one is open at a time: there must be room for the longest; of other folds, for all.
  const length = (fold) => fold.textContent.length;
  const folds = all(frame, "details").sort((a, b) => length(a) - length(b));
  const wereOpen = folds.map((fold) => fold.open);
  for (const fold of folds) fold.open = true;
  frame.classList.add("measured");
  unroll(frame);

  if (frame.offsetHeight > HOPELESS * FRAME.height) {
    frame.style.setProperty("--fit", CUT);
    frame.classList.remove("measured");
    frame.classList.add("cut");
    folds.forEach((fold, k) => (fold.open = wereOpen[k]));
    return;
  }
  const isTitle = slide.matches(".title");
  const figures = measureFigures(frame);
  frame.style.setProperty("--aspect", figures.aspect);
  const { layout, free } = setBest({ frame, figures, grown: isTitle ? [1] : GROWN }, isTitle);
  const isLow = free > (1 - CENTRED_BELOW) * (FRAME.height - FRAME.top - FRAME.bottom);
  const isCentred = isLow && (figures.n === 0 || layout === "beside");
  frame.style.setProperty("--drop", isCentred ? `${Math.round(free / 3)}px` : 0);

  frame.classList.remove("measured");
  folds.forEach((fold, k) => (fold.open = wereOpen[k]));
}
