// A slider's handle knows no more than its position: let it have the lever's label for a name, and say the value with its unit.
const said = (at, part) => at.querySelector(part)?.textContent.trim() ?? "";
function speak(desk) {
  for (const lever of desk.querySelectorAll(".desk-control")) {
    for (const slider of lever.querySelectorAll(".widget-slider")) {
      const handle = slider.querySelector("[role=slider]"), isSure = slider.classList.contains("desk-sure");
      const label = said(lever, ".widget-label"), value = said(slider, ".widget-readout"), unit = said(lever, ".desk-unit");
      const spoken = { "aria-label": isSure ? `${label}, how sure` : label, "aria-valuetext": isSure ? value : `${value} ${unit}`.trim() };
      for (const [name, text] of Object.entries(spoken)) {
        if (handle && handle.getAttribute(name) !== text) handle.setAttribute(name, text);
      }
    }
  }
}
function begin() {
  const desk = element.closest(".simlib-desk");
  if (!desk) return requestAnimationFrame(begin); // not yet in the page
  const seen = { subtree: true, childList: true, characterData: true, attributeFilter: ["aria-valuetext"] };
  new MutationObserver(() => speak(desk)).observe(desk, seen);
  speak(desk);
}
begin();
