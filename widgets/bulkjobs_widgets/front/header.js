export default form("header", (ui) => {
  const service = h("p", { class: "bj-help" });
  const name = unique("source");
  const choices = Object.entries(ui.model.get("sources")).map(([value, text]) => {
    const radio = h("input", { type: "radio", name, value, onchange: () => ui.set({ source: value }) });
    return { value, radio, label: h("label", { class: "bj-choice" }, radio, " ", text) };
  });
  ui.watch(["service"], () => {
    hide(service, !ui.model.get("service"));
    say(service, `From ${ui.model.get("service")}.`);
  });
  ui.watch(["source"], () => choices.forEach((one) => { one.radio.checked = one.value === ui.model.get("source"); }));
  return [service, h("fieldset", { class: "bj-choices" }, h("legend", {}, "Choose the postings"), choices.map((one) => one.label))];
});
