const [form] = document.forms, list = document.querySelector("ol"), rows = [...list.children];
const orders = {
  first: () => 0,
  changed: (one, other) => other.dataset.changed - one.dataset.changed,
  newest: (one, other) => other.dataset.made.localeCompare(one.dataset.made),
  name: (one, other) => one.dataset.name.localeCompare(other.dataset.name, undefined, { numeric: true }),
  value: (one, other) => one.dataset.unit.localeCompare(other.dataset.unit)
    || (other.dataset.value || -Infinity) - (one.dataset.value || -Infinity) || 0,
};
const words = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));
function show() {
  const sought = form.sought.value.toLowerCase().split(/\s+/), only = form.only.value;
  for (const row of rows) {
    const wanted = only === "all" || (only === "failed" ? row.className === "failed" : row.dataset.changed > 0);
    row.hidden = !(wanted && sought.every((word) => words.get(row).includes(word)));
  }
  const seen = rows.filter((row) => !row.hidden).length;
  form.elements.seen.value = seen === rows.length ? "" : `${seen} of ${rows.length}`;
}
form.order.addEventListener("change", () => list.append(...rows.toSorted(orders[form.order.value])));
form.addEventListener("input", show);
form.addEventListener("submit", (event) => event.preventDefault());
form.hidden = false;
show();
