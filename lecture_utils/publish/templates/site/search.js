// Finds the parts of the lectures in which all words stand, those with a word in the heading first.
const MOST = 40; // results shown
const BEFORE = 60; // characters shown before the first word found, and
const LENGTH = 220; // in all
const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

const parts = JSON.parse(document.getElementById("texts").textContent).map(
  ([address, lecture, heading, text]) => {
    const all = plain(`${heading}\n${text}`);
    return { address, lecture, heading, text, all, title: plain(heading) };
  },
);
const field = document.querySelector("input");
const list = document.querySelector(".found");
const status = document.querySelector("[role=status]");

function rank(part, words) {
  const times = words.map((word) => part.all.split(word).length - 1);
  if (times.includes(0)) return 0;
  const inTitle = words.filter((word) => part.title.includes(word)).length;
  return 100 * inTitle + times.reduce((sum, n) => sum + Math.min(n, 20), 0);
}

// Marks are found in the text as it is, so that the excerpt is what stands in the page.
function excerpt(text, words) {
  const escaped = words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const pattern = new RegExp(`(${escaped.join("|")})`, "i");
  const place = Math.max(0, text.search(pattern) - BEFORE);
  const start = place ? text.indexOf(" ", place) + 1 : 0;
  const made = document.createElement("p");
  for (const [i, piece] of text.slice(start, start + LENGTH).split(pattern).entries()) {
    const element = document.createElement(i % 2 ? "mark" : "span");
    element.textContent = piece;
    made.append(element);
  }
  if (start > 0) made.prepend("... ");
  if (start + LENGTH < text.length) made.append(" ...");
  return made;
}

function entry(part, words) {
  const item = document.createElement("li");
  const link = document.createElement("a");
  link.href = part.address;
  link.textContent = part.heading;
  item.append(link, ` (${part.lecture})`, excerpt(part.text, words));
  return item;
}

function search() {
  const words = plain(field.value).split(/\s+/).filter(Boolean);
  const found = words.length ? parts.map((part) => [rank(part, words), part]).filter(([n]) => n) : [];
  found.sort(([a], [b]) => b - a);
  list.replaceChildren(...found.slice(0, MOST).map(([, part]) => entry(part, words)));
  let told = `${found.length} ${found.length === 1 ? "part" : "parts"}`;
  if (found.length > MOST) told += `, of which the first ${MOST} are shown`;
  if (!found.length) told = "Nothing is found: try another word, or fewer.";
  status.textContent = words.length ? told : "";
  history.replaceState(null, "", `#${new URLSearchParams({ q: field.value })}`);
}

field.addEventListener("input", search);
addEventListener("hashchange", start);
function start() {
  field.value = new URLSearchParams(location.hash.slice(1)).get("q") ?? "";
  search();
}
start();
