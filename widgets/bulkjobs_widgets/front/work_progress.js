// How far a work is: a bar for each of its steps. The kernel is busy meanwhile, so there is nothing to press.
function build({ model, watch }) {
  const list = h("div", { class: "bj-steps" });
  const link = h("p", { class: "bj-help" });
  const bars = new Map();

  function bar(name) {
    if (!bars.has(name)) {
      const label = h("span", { id: unique("step") }, name);
      const detail = h("span", {});
      const element = h("progress", { "aria-labelledby": label.id });
      bars.set(name, { box: h("div", { class: "bj-progress" }, h("div", { class: "bj-row" }, label, detail), element), detail, element });
    }
    return bars.get(name);
  }

  watch(["steps"], () => {
    const steps = model.get("steps");
    put(
      list,
      steps.length ? null : h("p", { class: "bj-help" }, "It has not begun."),
      steps.map(([name, done, of]) => {
        const { box, detail, element } = bar(name);
        element.max = Math.max(of, 1);
        element.value = of ? done : 1;
        say(detail, `${number.format(done)} of ${count(of, "file")}`);
        return box;
      }),
    );
  });
  watch(["dashboard"], () => {
    const address = model.get("dashboard");
    hide(link, !address);
    const web = /^https?:\/\//.test(address);
    put(link, "The cluster's dashboard: ", web ? h("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, address) : address);
  });
  return [list, link];
}

export default form("work", build);
