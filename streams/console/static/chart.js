// Draws the evidence anew so that it can be zoomed into and read off; without it the picture of the server stays.
"use strict";

const data = JSON.parse(document.getElementById("chart-data").textContent);
const place = document.getElementById("plot");
const DASHES = ["solid", "dash", "dot", "dashdot", "4px 4px", "longdash", "3px 6px", "1px 4px"];
const dark = matchMedia("(prefers-color-scheme: dark)");

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function traces() {
  const time = data.time.map(iso);
  return data.lines.map((line, number) => {
    const together = number === data.lines.length - 1;
    const drawn = together
      ? { color: colour("--ink"), width: 3 }
      : { color: colour(`--s${number % 8}`), width: 1.6, dash: DASHES[number % 8] };
    return { type: "scatter", mode: "lines", name: line.name, x: time, y: line.y, line: drawn };
  });
}

const iso = (moment) => new Date(moment).toISOString();

function bands() {
  const [first, last] = [data.time[0], data.time[data.time.length - 1]];
  return data.bands
    .filter(([begin, end]) => end >= first && begin <= last)
    .map(([begin, end]) => ({
      type: "rect", layer: "below", yref: "paper", y0: 0, y1: 1, x0: iso(Math.max(begin, first)), x1: iso(Math.min(end, last)),
      fillcolor: colour("--band"), opacity: 0.55, line: { width: 0 },
    }));
}

function layout() {
  const axis = { gridcolor: colour("--line"), color: colour("--soft"), zeroline: false };
  return {
    height: 360,
    margin: { l: 64, r: 12, t: 10, b: 40 },
    showlegend: false,
    hovermode: "x unified",
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: "system-ui, sans-serif", color: colour("--ink") },
    hoverlabel: { bgcolor: colour("--card"), font: { color: colour("--ink") } },
    xaxis: { ...axis, type: "date" },
    yaxis: { ...axis, type: "log", exponentformat: "power", title: { text: "multiple of the threshold" } },
    shapes: [
      ...bands(),
      { type: "line", xref: "paper", x0: 0, x1: 1, y0: 1, y1: 1, line: { color: colour("--high"), width: 2, dash: "dash" } },
    ],
  };
}

async function draw() {
  const chart = document.createElement("div");
  chart.setAttribute("role", "img");
  chart.setAttribute("aria-label", "Evidence over time as a multiple of the threshold, to be zoomed into");
  chart.className = "interactive";
  place.replaceChildren(chart);
  await Plotly.newPlot(chart, traces(), layout(), { responsive: true, displayModeBar: false });
}

if (window.Plotly) {
  draw();
  dark.addEventListener("change", draw);
}
