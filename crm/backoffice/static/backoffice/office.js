// Names that the widgets of unfold and Django do not tell a screen reader: of choosers and of rows of tabs.
"use strict";

function nameChoosers() {
    for (const box of document.querySelectorAll(".select2-selection[role=combobox]:not([data-named])")) {
        const select = box.closest(".select2").previousElementSibling;
        const label = select && select.labels && select.labels[0];
        if (label) {
            label.id = label.id || `${select.id}_label`;
            box.setAttribute("aria-labelledby", `${label.id} ${box.getAttribute("aria-labelledby")}`);
            for (const value of box.querySelectorAll("[role=textbox]")) value.setAttribute("aria-labelledby", label.id);
            box.dataset.named = "";
        }
    }
}

addEventListener("DOMContentLoaded", () => {
    nameChoosers();
    new MutationObserver(nameChoosers).observe(document.body, { childList: true, subtree: true });
    for (const tabs of document.querySelectorAll("nav:not([aria-label])")) {
        const titles = [...tabs.querySelectorAll("a, button")].map(link => link.textContent.trim());
        tabs.setAttribute("aria-label", titles.slice(0, 3).join(", "));
    }
});
