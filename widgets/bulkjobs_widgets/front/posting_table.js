const ORDERS = { none: "ascending", ascending: "descending", descending: "none" };
const ARROWS = { none: "\u2195", ascending: "\u2191", descending: "\u2193" };
const LONG = 300; // characters from which a field gets a block of its own, to scroll in

const WIDE = 60; // characters from which a cell gets more room

function absent() {
  return h("span", { class: "bj-none", role: "img", "aria-label": "not stated" }, "\u2014");
}

// A value: text, nothing, or the address of a web page. The kernel chose which; the browser's own reading counts.
function value(cell) {
  if (cell === null) return absent();
  if (typeof cell === "string") return cell;
  const address = URL.canParse(cell.href) ? new URL(cell.href) : null;
  if (!["http:", "https:"].includes(address?.protocol)) return cell.text;
  return h("a", { href: address.href, target: "_blank", rel: "noopener noreferrer" }, cell.text);
}

function fields(pairs, row) {
  return h("dl", { class: "bj-facts" }, pairs.flatMap(([name, cell]) => {
    const long = typeof cell === "string" && cell.length > LONG;
    const block = { class: "bj-long", role: "region", tabindex: 0, "aria-label": `${name} of row ${row}` };
    return [h("dt", {}, name), h("dd", {}, long ? h("div", block, value(cell)) : value(cell))];
  }));
}

// A button that can't be pressed now keeps the keyboard's focus, which `disabled` would throw away.
function allow(button, allowed) {
  button.setAttribute("aria-disabled", String(!allowed));
}

function heads(ui, columns) {
  const turn = (name) => {
    const now = ui.model.get("sort") !== name ? "none" : ui.model.get("descending") ? "descending" : "ascending";
    const next = ORDERS[now];
    ui.set({ sort: next === "none" ? "" : name, descending: next === "descending" });
  };
  return columns.map(({ name, number, sort }) => {
    const arrow = h("span", { "aria-hidden": "true", class: "bj-arrow" });
    const content = sort ? h("button", { type: "button", class: "bj-sort", onclick: () => turn(name) }, name, arrow) : name;
    const cell = h("th", { scope: "col", class: number ? "bj-number" : null }, content);
    const mark = (order) => {
      if (!order) return;
      cell.setAttribute("aria-sort", order);
      say(arrow, ARROWS[order]);
    };
    return { cell, mark };
  });
}

function chooser(ui) {
  const summary = h("summary");
  const boxes = h("div", { class: "bj-checks" });
  const choose = (columns) => ui.set({ columns });
  const preset = (label, columns) => h("button", { type: "button", onclick: () => choose(columns()) }, label);
  const presets = h(
    "div",
    { class: "bj-row" },
    preset("All", () => ui.model.get("names")),
    preset("None", () => []),
    preset("Usual", () => ui.model.get("usual")),
  );
  let inputs = [];
  ui.watch(["names"], () => {
    const pick = () => choose(inputs.filter((input) => input.checked).map((input) => input.value));
    inputs = ui.model.get("names").map((name) => h("input", { type: "checkbox", value: name, onchange: pick }));
    put(boxes, inputs.map((input) => h("label", {}, input, " ", input.value)));
  });
  ui.watch(["names", "columns"], () => {
    const chosen = new Set(ui.model.get("columns"));
    inputs.forEach((input) => { input.checked = chosen.has(input.value); });
    say(summary, `Columns (${number.format(chosen.size)} of ${number.format(inputs.length)})`);
  });
  return h("details", {}, summary, h("fieldset", {}, h("legend", {}, "Columns to show"), boxes, presets));
}

function pager(ui) {
  const turn = (target) => {
    const { page, pages } = ui.model.get("shown");
    const to = target(page, pages);
    if (to !== page && to >= 1 && to <= pages) ui.set({ page: to });
  };
  const button = (label, target) => h("button", { type: "button", "aria-label": `${label} page`, onclick: () => turn(target) }, label);
  const back = [button("First", () => 1), button("Previous", (page) => page - 1)];
  const on = [button("Next", (page) => page + 1), button("Last", (page, pages) => pages)];
  const where = h("span", { class: "bj-where" });
  ui.watch(["shown"], () => {
    const { page, pages } = ui.model.get("shown");
    say(where, `Page ${number.format(page)} of ${number.format(pages)}`);
    back.forEach((one) => allow(one, page > 1));
    on.forEach((one) => allow(one, page < pages));
  });
  return h("nav", { class: "bj-row", "aria-label": "Pages" }, back, where, on);
}

function saver(ui) {
  const path = field("path", "File", h("input", { type: "text", autocomplete: "off", spellcheck: "false", placeholder: "postings.parquet" }), "Ends with .parquet, .csv or .ndjson. All rows that were found are saved, in this order, with all columns.");
  const replace = h("input", { type: "checkbox", "data-name": "overwrite" });
  const save = h("button", { type: "submit", class: "bj-main" }, "Save");
  path.control.addEventListener("input", () => { replace.checked = false; }); // it was meant for another file
  ui.watch(["busy"], () => { save.disabled = ui.model.get("busy"); });
  return h(
    "details",
    {},
    h("summary", {}, "Save as"),
    h(
      "form",
      {
        novalidate: true,
        onsubmit: (event) => {
          event.preventDefault();
          const state = Object.fromEntries(["search", "sort", "descending"].map((name) => [name, ui.model.get(name)]));
          ui.act("save", { path: path.control.value, overwrite: replace.checked, state });
        },
      },
      path.box,
      h("div", { class: "bj-row" }, save, h("label", { class: "bj-check" }, replace, " ", ui.model.get("replace_label"))),
    ),
  );
}

export default form("posting-table", (ui) => {
  const search = field("search", "Search", h("input", { type: "search", autocomplete: "off", spellcheck: "false", maxlength: 500 }), "In all text, also of columns that are not shown; capitals do not matter.");
  search.control.addEventListener("input", () => ui.set({ search: search.control.value }));
  const size = field("page_size", "Rows a page", h("select", {}, ui.model.get("sizes").map((rows) => h("option", { value: rows }, String(rows)))));
  size.control.addEventListener("change", () => ui.set({ page_size: Number(size.control.value) }));
  const summary = h("p", { role: "status", class: "bj-summary" });
  const caption = h("caption");
  const head = h("tr");
  const body = h("tbody");
  const table = h("table", {}, caption, h("thead", {}, head), body);
  const scroll = h("div", { class: "bj-scroll", role: "region", tabindex: 0, "aria-label": "Table, scrolls sideways" }, table);

  let columns = [];
  let drawn = "";
  let lines = [];

  const line = ({ number: row, at, cells }, kinds) => {
    const id = unique("row");
    const button = h("button", { type: "button", class: "bj-opener", "aria-label": `All fields of row ${row}`, "aria-expanded": "false", onclick: () => ui.act(below ? "close" : "open", { at }) }, number.format(row));
    const main = h("tr", {}, h("th", { scope: "row" }, button), cells.map((cell, place) => h("td", { class: kinds[place].number ? "bj-number" : (cell?.text ?? cell)?.length > WIDE ? "bj-wide" : null }, value(cell))));
    let below = null;
    const open = (pairs) => {
      if (Boolean(pairs) === Boolean(below)) return;
      if (below) below.remove();
      below = pairs ? h("tr", { class: "bj-opened", id }, h("td", { colspan: cells.length + 1 }, fields(pairs, row))) : null;
      if (below) main.after(below);
      button.setAttribute("aria-expanded", String(Boolean(pairs)));
      if (below) button.setAttribute("aria-controls", id);
      else button.removeAttribute("aria-controls");
    };
    return { at, main, open };
  };

  ui.watch(["search"], () => { if (search.control.value !== ui.model.get("search")) search.control.value = ui.model.get("search"); });
  ui.watch(["page_size"], () => { size.control.value = String(ui.model.get("page_size")); });
  ui.watch(["shown"], () => {
    const shown = ui.model.get("shown");
    const heading = JSON.stringify(shown.columns.map(({ name, number: right }) => [name, right]));
    if (heading !== drawn) { // else the buttons stay, and with them the focus
      drawn = heading;
      columns = heads(ui, shown.columns);
      put(head, h("th", { scope: "col" }, "Row"), columns.map((one) => one.cell));
    }
    columns.forEach((one, place) => one.mark(shown.columns[place].sort));
    say(caption, shown.caption);
    say(summary, shown.summary);
    hide(scroll, shown.rows.length === 0);
    lines = shown.rows.map((row) => line(row, shown.columns));
    put(body, lines.map((one) => one.main));
  });
  ui.watch(["shown", "opened"], () => {
    const opened = ui.model.get("opened");
    lines.forEach((one) => one.open(opened[one.at]));
  });
  return [
    h("div", { class: "bj-tools" }, search.box, size.box),
    chooser(ui),
    summary,
    scroll,
    pager(ui),
    saver(ui),
  ];
});
