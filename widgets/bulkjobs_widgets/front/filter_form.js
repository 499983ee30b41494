function control(spec) {
  if (spec.kind === "boolean") {
    return h("select", {}, ...[["", "any"], ["yes", "yes"], ["no", "no"]].map(([value, text]) => h("option", { value }, text)));
  }
  if (spec.kind === "from" || spec.kind === "to") return h("input", { type: "date", max: "9999-12-31" });
  const mode = { integer: "numeric", url: "url", domain: "url" }[spec.kind];
  return h("input", { type: "text", inputmode: mode, autocomplete: "off", spellcheck: "false" });
}

// A bound with a time of day does not fit into a date picker: it gets one with a time.
function write(input, text) {
  if (input.type === "date" && text.length > 10) Object.assign(input, { type: "datetime-local", step: 1 });
  const value = input.type === "datetime-local" ? text.replace(" ", "T") : text;
  if (input.value !== value) input.value = value;
}

// What is half typed into a date picker reads as empty; it is no date, and must not pass for none.
function read(input) {
  if (input.validity.badInput) return "half a date";
  return input.type === "datetime-local" ? input.value.replace("T", " ") : input.value;
}

export default form("filter", (ui) => {
  const fields = ui.model.get("fields").map((spec) => ({ name: spec.name, common: spec.common, ...field(spec.name, spec.label, control(spec), spec.help) }));
  const limit = { name: "limit", common: true, ...field("limit", "Limit", h("input", { type: "text", inputmode: "numeric", autocomplete: "off" }), "the most records wanted; empty for all that match") };
  const all = [...fields, limit];
  const boxes = (common) => fields.filter((one) => one.common === common).map((one) => one.box);

  const values = () => Object.fromEntries(all.map((one) => [one.name, read(one.control)]).filter(([, value]) => value !== ""));
  const edit = () => ui.set({ values: values() });
  const more = h("summary", {}, "More filters");
  const rest = h("details", {}, more, h("div", { class: "bj-grid" }, boxes(false)));
  const submit = h("button", { type: "submit", class: "bj-main" }, ui.model.get("submit_label"));
  const clear = h("button", { type: "button", onclick: () => { fields.forEach((one) => { one.control.value = ""; }); edit(); } }, "Clear");
  const matches = h("span", { role: "status", class: "bj-matches" });
  const edited = h("span", { class: "bj-badge bj-edited" }, "edited since it was submitted");
  const shown = h("div", { class: "bj-shown" });
  const box = h(
    "form",
    {
      novalidate: true,
      oninput: edit,
      onsubmit: (event) => {
        event.preventDefault();
        ui.act("submit", { state: { values: values() } });
      },
    },
    h("div", { class: "bj-grid" }, boxes(true), limit.box),
    rest,
    h("div", { class: "bj-row" }, submit, clear, matches, edited),
    h("details", {}, h("summary", {}, "Show the code"), shown),
  );

  ui.watch(["values"], () => {
    const values = ui.model.get("values");
    all.forEach((one) => write(one.control, values[one.name] ?? ""));
    const used = fields.filter((one) => !one.common && values[one.name]).length;
    say(more, used ? `More filters (${used} in use)` : "More filters");
  });
  ui.watch(["errors"], () => {
    const errors = ui.model.get("errors");
    all.forEach((one) => one.wrong(errors[one.name]));
    if (all.some((one) => !one.common && errors[one.name])) rest.open = true;
  });
  ui.watch(["matches"], () => say(matches, ui.model.get("matches")));
  ui.watch(["edited"], () => hide(edited, !ui.model.get("edited")));
  ui.watch(["busy"], () => { submit.disabled = ui.model.get("busy"); });
  ui.watch(["code"], () => put(shown, ui.model.get("code") ? code(ui.model.get("code")) : h("p", {}, "There is no valid filter yet.")));
  return box;
});
