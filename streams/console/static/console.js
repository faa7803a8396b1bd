// Says that there is something new, and shows it where nobody is in the middle of something.
"use strict";

const known = document.body.dataset.version;
const news = document.getElementById("news");
const live = document.getElementById("live");
const PAUSE_MS = 3000;

async function refresh() {
  const answer = await fetch(location.href, { credentials: "same-origin" });
  if (!answer.ok) return false;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById("live");
  if (!fresh) return false;
  live.replaceChildren(...fresh.childNodes);
  return page.body.dataset.version;
}

async function look(shown) {
  let next = shown;
  try {
    const answer = await fetch("/version", { credentials: "same-origin" });
    const version = String((await answer.json()).version);
    if (version !== shown) {
      const idle = live && !live.contains(document.activeElement) && !document.hidden;
      const fresh = idle ? await refresh() : false;
      if (fresh) next = fresh;
      if (news) news.hidden = Boolean(fresh);
    }
  } catch {
    // The console is away: what is shown stays.
  }
  setTimeout(look, PAUSE_MS, next);
}

if (known && news && !document.querySelector("form[action='/login']")) setTimeout(look, PAUSE_MS, known);
