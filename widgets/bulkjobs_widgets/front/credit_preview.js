const SETTLE = 700; // milliseconds before the button can be pressed: what was meant for another one is over by then

export default form("preview", (ui) => {
  const headline = h("p", { class: "bj-headline", tabindex: "-1", "data-name": "headline" });
  const reason = h("span", { role: "status" });
  const facts = h("dl", { class: "bj-facts" });
  const requests = h("details");
  const sample = h("div");
  // Never disabled, only said to be: who has just pressed it keeps the focus.
  const button = h("button", { type: "button", class: "bj-main", "data-name": "submit" });
  const sure = question(ui, "Not yet");
  const get = (name) => ui.model.get(name);
  let [live, timer] = [false, null];

  const enable = (now) => {
    live = now;
    button.setAttribute("aria-disabled", String(!now));
  };
  // What is drawn goes along: the kernel refuses when it is another plan, or another price, by now.
  const submit = (token, confirmed) => {
    enable(false);
    ui.act("submit", { token, confirmed });
  };
  button.addEventListener("click", () => {
    if (!live || sure.isOpen) return;
    const [token, words] = [get("token"), get("confirm")];
    if (words) sure.open(words, `Yes: ${get("button").toLowerCase()}`, () => submit(token, words), button);
    else submit(token, "");
  });

  ui.watch(["state", "reason", "headline", "facts", "bound_to", "button", "sample", "requests"], () => {
    const empty = get("state") === "empty";
    ui.el.classList.toggle("bj-stale", get("state") === "stale");
    say(headline, empty ? "Nothing is previewed yet. To preview is free." : get("headline"));
    put(
      facts,
      ...get("facts").flatMap(([label, value]) => [h("dt", {}, label), h("dd", {}, value)]),
      ...(get("bound_to") ? [h("dt", {}, "request"), h("dd", {}, h("code", {}, get("bound_to")))] : []),
    );
    const { columns = [], rows = [] } = get("sample");
    put(sample, rows.length ? grid("A few of them", columns, rows) : null);
    hide(requests, !get("requests").length);
    put(requests, h("summary", {}, count(get("requests").length, "data request")), h("ol", {}, get("requests").map((range) => h("li", {}, range))));
    say(button, get("button"));
    hide(button, empty || !get("button"));
    say(reason, get("reason"));
  });
  ui.watch(["token", "state", "busy"], () => {
    sure.close();
    enable(false);
    clearTimeout(timer);
    if (get("state") === "bound" && !get("busy")) timer = setTimeout(() => enable(true), SETTLE);
  });
  return [headline, facts, requests, sample, h("div", { class: "bj-row" }, button, reason), sure.box];
});
