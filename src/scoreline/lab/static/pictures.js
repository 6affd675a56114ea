// Grids of pictures: buttons with an image, its true class and what was predicted.
import { make } from "./shell.js";

export function picture(source, split, index, alt) {
  const image = make("img", { alt, loading: "lazy", decoding: "async" });
  image.src = `picture/${source}/${split}/${index}.png`;
  return image;
}

// `cards` hold {index, label, title, wrong, pressed}; only what changed is made anew. Without a source there are no images.
export function drawGrid(box, { source, split, cards, choose }) {
  const key = JSON.stringify([source, split, cards]);
  if (box.dataset.key === key) return;
  const focused = [...box.children].indexOf(document.activeElement);
  box.dataset.key = key;
  box.replaceChildren(...cards.map(({ index, label, title, wrong, pressed }) => {
    const card = make("button", { type: "button", className: wrong ? "picture wrong" : "picture", title },
      ...(source === null ? [] : [picture(source, split, index, title)]), make("span", { textContent: label }));
    if (pressed !== undefined) card.setAttribute("aria-pressed", pressed);
    if (choose) card.addEventListener("click", () => choose(index));
    return card;
  }));
  if (focused >= 0) box.children[focused]?.focus();
}

// "1–40 of 144" with buttons to go on and back.
export function drawPager(box, first, size, n, go) {
  const last = Math.min(first + size, n);
  const button = (textContent, to, disabled) => make("button", { type: "button", className: "small", textContent, disabled,
    onclick: () => go(Math.max(0, to)) });
  const key = `${first} ${n}`, beyond = first > 0 && first >= n;
  if (box.dataset.key === key) return;
  box.dataset.key = key;
  box.replaceChildren(button("Back", beyond ? n - (n % size || size) : first - size, first === 0),
    make("span", { textContent: n && !beyond ? `${first + 1}–${last} of ${n.toLocaleString("en")}` : n ? `none beyond ${n.toLocaleString("en")}` : "none" }),
    button("On", first + size, last >= n));
}
