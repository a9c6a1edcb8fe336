// Draws the charts of the figures from the JSON beside them, and suggests customers in the filter.
"use strict";

(() => {
  const LIGHT = { blue: "#2563eb", green: "#15803d", teal: "#0f766e", red: "#dc2626", orange: "#c2410c", grey: "#6b7280", slate: "#94a3b8", ink: "#4b5563", line: "#e5e7eb", ground: "#ffffff" };
  const DARK = { blue: "#60a5fa", green: "#4ade80", teal: "#2dd4bf", red: "#f87171", orange: "#fb923c", grey: "#9ca3af", slate: "#64748b", ink: "#d1d5db", line: "#374151", ground: "#111827" };
  const PIE = ["#2563eb", "#f59e0b", "#0f766e", "#db2777", "#7c3aed", "#65a30d", "#0891b2", "#b45309", "#6b7280", "#be123c"];
  const charts = new Map();
  const colours = () => (document.documentElement.classList.contains("dark") ? DARK : LIGHT);
  const local = (value) => value.toLocaleString(document.documentElement.lang || "de");

  function datasets(data, theme) {
    if (data.kind === "pie") {
      return [{ data: data.points.map((point) => point.values[0]), backgroundColor: data.points.map((_, at) => PIE[at % PIE.length]), borderColor: theme.ground, borderWidth: 2 }];
    }
    return data.head.slice(1).map((label, series) => {
      const base = theme[data.colours[series]];
      const each = data.points.map((point) => theme[point.colour] || base);
      const values = data.points.map((point) => point.values[series]);
      return data.kind === "line"
        ? { label, data: values, borderColor: base, backgroundColor: base, tension: 0.3, pointRadius: 3, pointHitRadius: 12, borderWidth: 2, borderDash: series ? [6, 4] : [] }
        : { label, data: values, backgroundColor: each, borderRadius: 4, maxBarThickness: 44 };
    });
  }

  function options(data, theme) {
    const pie = data.kind === "pie";
    // Sentences beside the bars, not slanted below them.
    const lying = data.kind === "bar" && data.points.some((point) => point.label.length > 22);
    const names = { ticks: { color: theme.ink, maxRotation: 45, autoSkip: !lying }, grid: { display: false }, border: { color: theme.line } };
    const numbers = { beginAtZero: true, ticks: { color: theme.ink, precision: 0, callback: local }, grid: { color: theme.line }, border: { display: false } };
    return {
      indexAxis: lying ? "y" : "x",
      responsive: true,
      maintainAspectRatio: false,
      animation: false,
      onHover: (event, found) => { event.native.target.style.cursor = found.length ? "pointer" : "default"; },
      onClick: (_event, found) => {
        if (found.length) {
          const links = data.points[found[0].index].links;
          window.location.assign(links[found[0].datasetIndex] || links[0]);
        }
      },
      plugins: {
        legend: { display: pie || data.head.length > 2, position: "bottom", labels: { color: theme.ink, usePointStyle: true, boxWidth: 8, boxHeight: 8, padding: 12 } },
        tooltip: { callbacks: { label: (item) => `${pie ? item.label : item.dataset.label}: ${local(item.raw)}` } },
      },
      scales: pie ? {} : lying ? { x: numbers, y: names } : { x: names, y: numbers },
    };
  }

  function draw(canvas) {
    const data = JSON.parse(document.getElementById(`${canvas.id}-data`).textContent);
    const theme = colours();
    charts.get(canvas.id)?.destroy();
    charts.set(canvas.id, new Chart(canvas, {
      type: data.kind,
      data: { labels: data.points.map((point) => point.label), datasets: datasets(data, theme) },
      options: options(data, theme),
      plugins: [{ id: "ground", beforeDraw: ({ ctx, width, height }) => { ctx.save(); ctx.fillStyle = theme.ground; ctx.fillRect(0, 0, width, height); ctx.restore(); } }],
    }));
  }

  function drawAll() {
    document.querySelectorAll(".diagram-area canvas").forEach(draw);
  }

  function saveImage(button) {
    const link = document.createElement("a");
    link.href = charts.get(button.dataset.chart).toBase64Image();
    link.download = `${button.dataset.chart}.png`;
    link.click();
  }

  function suggest(form, name) {
    const input = form.elements[name];
    const list = document.getElementById(`${name}-suggestions`);
    let last = "";
    let wait = 0;
    if (!input || !list) return;
    input.setAttribute("list", list.id);
    input.setAttribute("autocomplete", "off");
    input.addEventListener("input", () => {
      clearTimeout(wait);
      wait = setTimeout(async () => {
        last = input.value;
        const answer = await fetch(`${form.dataset.suggestions}?${new URLSearchParams({ q: input.value, field: name })}`);
        if (!answer.ok || last !== input.value) return;
        const { suggestions } = await answer.json();
        list.replaceChildren(...suggestions.map((value) => Object.assign(document.createElement("option"), { value })));
      }, 200);
    });
  }

  document.addEventListener("DOMContentLoaded", () => {
    Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
    drawAll();
    document.querySelectorAll(".diagram-save").forEach((button) => {
      button.hidden = false;
      button.addEventListener("click", () => saveImage(button));
    });
    const form = document.querySelector("form.filter");
    if (form) ["customer", "company"].forEach((name) => suggest(form, name));
    new MutationObserver(drawAll).observe(document.documentElement, { attributeFilter: ["class"] });
  });
})();
