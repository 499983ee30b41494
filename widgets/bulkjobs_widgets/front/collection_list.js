export default form("collections", (ui) => {
  const get = (trait) => ui.model.get(trait);
  const columns = ["Collection", "Query", "Made", "State", "Records", "Credits", "Files", "Actions"];
  const numeric = new Set(["Records", "Credits"]);
  const caption = h("caption");
  const rows = h("tbody");
  const heads = columns.map((name) => h("th", { scope: "col", class: numeric.has(name) ? "bj-number" : null }, name));
  const table = h("table", {}, caption, h("thead", {}, h("tr", {}, heads)), rows);
  const box = h("div", { class: "bj-scroll", tabindex: "0", role: "region", "aria-label": "Table of collections" }, table);
  const none = h("p", { class: "bj-help" }, "Nothing was collected in this home yet.");
  const refresh = h("button", { type: "button", "data-name": "refresh", onclick: () => ui.act("refresh") }, "Refresh");
  const turn = (step) => () => ui.act("page", { page: get("page") + step });
  const newer = h("button", { type: "button", "data-name": "newer", onclick: turn(-1) }, "Newer");
  const older = h("button", { type: "button", "data-name": "older", onclick: turn(1) }, "Older");
  const place = h("span", { role: "status" });

  const query = (line) => line.short === line.asked
    ? h("span", {}, line.asked)
    : h("details", {}, h("summary", { title: line.asked }, line.short), h("p", {}, line.asked));
  const button = (line, action, text, more = {}, disabled = false) => h(
    "button",
    {
      type: "button",
      "data-name": `${action}-${line.id}`,
      "aria-label": `${text} ${line.id}: ${line.short}`,
      disabled,
      onclick: () => ui.act(action, { id: line.id, ...more }),
    },
    text,
  );
  const made = (line) => {
    const date = new Date(line.made_at * 1000);
    const day = `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, "0")}-${String(date.getDate()).padStart(2, "0")}`;
    return h("time", { datetime: date.toISOString() }, `${day} ${date.toTimeString().slice(0, 5)}`);
  };
  const row = (line) => h(
    "tr",
    {},
    h("th", { scope: "row", class: "bj-id" }, line.id),
    h("td", {}, query(line), line.service ? h("p", { class: "bj-service" }, `bought from ${line.service}: only a client of that service can resume it`) : null),
    h("td", { class: "bj-whole" }, made(line)),
    h("td", { class: "bj-whole" }, line.state),
    h("td", { class: "bj-number" }, number.format(line.records)),
    h("td", { class: "bj-number" }, number.format(line.credits)),
    h("td", {}, line.files),
    h(
      "td",
      {},
      button(line, "open", "Open"),
      line.can_load ? button(line, "load", "Load") : null,
      line.resume ? button(line, "resume", line.busy ? "Working" : line.resume, { cost: line.cost }, line.busy) : null,
    ),
  );

  ui.watch(["lines", "page", "pages", "total"], () => {
    const held = ui.el.contains(document.activeElement) ? document.activeElement.dataset.name : null;
    const [page, pages, total] = [get("page"), get("pages"), get("total")];
    put(rows, get("lines").map(row));
    hide(box, total === 0);
    hide(none, total > 0);
    say(caption, `${count(total, "collection")} in this home, newest first`);
    say(place, pages > 1 ? `Page ${page + 1} of ${pages}` : "");
    hide(newer, pages < 2);
    hide(older, pages < 2);
    newer.disabled = page === 0;
    older.disabled = page >= pages - 1;
    // The rows are drawn anew: who was on a button of one stays on it.
    const again = held ? ui.el.querySelector(`[data-name="${CSS.escape(held)}"]:not(:disabled)`) : null;
    if (held && document.activeElement !== again) (again ?? box).focus();
  });
  ui.watch(["busy"], () => { refresh.disabled = get("busy"); });
  return [none, box, h("div", { class: "bj-row" }, refresh, newer, older, place)];
});
