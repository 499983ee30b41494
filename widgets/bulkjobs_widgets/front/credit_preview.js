export default form("preview", (ui) => {
  const headline = h("p", { class: "bj-headline" });
  const reason = h("span", { role: "status" });
  const facts = h("dl", { class: "bj-facts" });
  const requests = h("details");
  const sample = h("div");
  const button = h("button", { type: "button", class: "bj-main", "data-name": "submit" });
  const question = h("p", { id: unique("question") });
  const yes = h("button", { type: "button", class: "bj-main", "data-name": "confirm" });
  const no = h("button", { type: "button" }, "Not yet");
  const confirm = h("div", { class: "bj-confirm", role: "group", "aria-labelledby": question.id }, question, h("div", { class: "bj-row" }, no, yes));
  const get = (name) => ui.model.get(name);

  const asking = (now) => {
    hide(confirm, !now);
    hide(button, now || get("state") === "empty");
  };

  // The plan that is drawn goes along: the kernel refuses when it is another one by now.
  const submit = (confirmed) => {
    button.disabled = yes.disabled = true;
    asking(false);
    ui.act("submit", { bound_to: get("bound_to"), confirmed });
  };
  button.addEventListener("click", () => {
    if (!get("confirm")) return submit("");
    asking(true);
    yes.disabled = false;
    no.focus();
  });
  yes.addEventListener("click", () => submit(get("confirm")));
  no.addEventListener("click", () => {
    asking(false);
    button.focus();
  });

  ui.watch(["state", "reason", "headline", "facts", "bound_to", "button", "confirm", "sample", "requests", "busy"], () => {
    const state = get("state");
    const empty = state === "empty";
    ui.el.classList.toggle("bj-stale", state === "stale");
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
    button.disabled = state !== "bound" || get("busy");
    say(question, get("confirm"));
    say(yes, `Yes: ${get("button").toLowerCase()}`);
    asking(false);
    say(reason, get("reason"));
  });
  return [headline, facts, requests, sample, h("div", { class: "bj-row" }, button, reason), confirm];
});
