export default form("api-key", (ui) => {
  const get = (name) => ui.model.get(name);
  const input = h("input", { type: "password", autocomplete: "off", spellcheck: "false", autocapitalize: "off" });
  const key = field("key", "API key", input, "It is not shown, and not saved in the notebook. It is checked with a free search.");
  key.box.querySelector(".bj-wrong").setAttribute("role", "alert");
  const keep = h("input", { type: "checkbox", id: unique("keep"), "data-name": "remember" });
  const keeping = h("div", { class: "bj-check" }, keep, h("label", { for: keep.id }, "Remember it in this system's keyring"));
  const use = h("button", { type: "submit", class: "bj-main" }, "Use this key");
  const forget = h("button", { type: "button", onclick: () => ui.act("forget") }, "Forget this key");
  const facts = h("dl", { class: "bj-facts" });
  const held = h("div", { class: "bj-held" }, facts, forget);

  const send = (event) => {
    event.preventDefault();
    const typed = new TextEncoder().encode(input.value);
    const remember = keep.checked;
    input.value = ""; // before it leaves: what is drawn never holds it again
    keep.checked = false;
    use.disabled = true; // until it is dealt with: a second click would send nothing
    ui.act("use", { remember }, [typed.buffer]);
  };
  const box = h("form", { novalidate: true, autocomplete: "off", onsubmit: send }, key.box, keeping, h("div", { class: "bj-row" }, use));

  ui.watch(["account", "service", "kept"], () => {
    const rows = get("account") ? [["account", get("account")], ["service", get("service")], ["kept", get("kept")]] : [];
    put(facts, rows.flatMap(([label, value]) => [h("dt", {}, label), h("dd", {}, value)]));
    hide(held, !rows.length);
    say(key.box.querySelector("label"), rows.length ? "Another API key" : "API key");
  });
  ui.watch(["can_remember"], () => hide(keeping, !get("can_remember")));
  ui.watch(["can_forget"], () => hide(forget, !get("can_forget")));
  ui.watch(["error"], () => key.wrong(get("error")));
  ui.watch(["busy"], () => { use.disabled = forget.disabled = get("busy"); });
  return [held, box];
});
