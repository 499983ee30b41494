// What a drawing may consist of. Nothing that runs, fetches, or styles the page around it.
const PARTS = new Set(["svg", "g", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "tspan", "defs", "clipPath", "linearGradient", "radialGradient", "stop", "title", "desc"]);
const SVG = "http://www.w3.org/2000/svg";

const TRAITS = new Set([
  "id", "width", "height", "viewBox", "transform", "clip-path", "opacity", "display", "pointer-events",
  "d", "points", "x", "y", "x1", "y1", "x2", "y2", "dx", "dy", "cx", "cy", "r", "rx", "ry", "fx", "fy",
  "fill", "fill-opacity", "fill-rule", "stroke", "stroke-opacity", "stroke-width", "stroke-dasharray",
  "stroke-dashoffset", "stroke-linecap", "stroke-linejoin", "stroke-miterlimit",
  "font-family", "font-size", "font-style", "font-weight", "text-anchor", "dominant-baseline",
  "gradientUnits", "gradientTransform", "offset", "stop-color", "stop-opacity",
]);

// Of these, some may name an address: only a part of the drawing itself may be meant, and nothing be written in code.
function harmless({ name, value }) {
  return TRAITS.has(name) && !/(?:url|src|image|image-set)\(\s*(?!["']?#)|\\/i.test(value);
}

function clean(element) {
  for (const child of [...element.children]) {
    if (child.namespaceURI === SVG && PARTS.has(child.localName)) clean(child);
    else child.remove();
  }
  for (const attribute of [...element.attributes]) {
    if (!harmless(attribute)) element.removeAttributeNode(attribute);
  }
}

// Reads a drawing as a document of its own, in which nothing runs, and takes over what is harmless.
function drawing(text, alt) {
  const root = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
  if (root.localName !== "svg" || root.namespaceURI !== SVG) return null;
  clean(root);
  root.setAttribute("role", "img");
  root.setAttribute("aria-label", alt);
  return document.importNode(root, true);
}

export default form("chart-panel", (ui) => {
  const buttons = ui.model.get("kinds").map(([kind, label]) => {
    const button = h("button", { type: "button", onclick: () => ui.act("draw", { kind }) }, label);
    return { kind, button };
  });
  const busy = h("span", { class: "bj-help" });
  const hint = h("p", { class: "bj-help" });
  const picture = h("div", { class: "bj-picture" });
  const words = h("figcaption");
  const figure = h("figure", { class: "bj-figure" }, picture, words);
  ui.watch(["kind"], () => buttons.forEach(({ kind, button }) => button.setAttribute("aria-pressed", String(kind === ui.model.get("kind")))));
  ui.watch(["busy"], () => say(busy, ui.model.get("busy") ? "drawing ..." : ""));
  ui.watch(["hint", "drawing"], () => {
    const { svg, alt } = ui.model.get("drawing");
    hide(figure, !svg);
    hide(hint, Boolean(svg));
    say(hint, ui.model.get("hint"));
    put(picture, svg ? drawing(svg, alt) : null);
    say(words, alt ?? "");
  });
  return [h("div", { class: "bj-row", role: "group", "aria-label": "Charts" }, buttons.map((one) => one.button), busy), hint, figure];
});
