// What is wider than the page can be moved by keys, and only then the Tab key stops at it.
function findWide() {
  for (const box of document.querySelectorAll("pre, mjx-container[display], .cell, .output")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
}
addEventListener("load", findWide);
addEventListener("resize", findWide);
addEventListener("toggle", findWide, true);
