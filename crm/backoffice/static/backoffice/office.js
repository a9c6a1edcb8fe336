// Names of choosers and tabs for screen readers, which unfold and Django leave out, and names of columns on phones.
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
    for (const cell of document.querySelectorAll("#result_list [data-label]")) {
        cell.dataset.label = cell.dataset.label.charAt(0).toUpperCase() + cell.dataset.label.slice(1);
    }
    for (const tabs of document.querySelectorAll("nav:not([aria-label])")) {
        const titles = [...tabs.querySelectorAll("a, button")].map(link => link.textContent.trim());
        tabs.setAttribute("aria-label", titles.slice(0, 3).join(", "));
    }
});
