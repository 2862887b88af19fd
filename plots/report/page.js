"use strict";
(() => {
  // A cell such as "262 ms [257, 305]" sorts by its first number in base units.
  const units = { ns: 1e-9, "µs": 1e-6, ms: 1e-3, s: 1, KiB: 1024, MiB: 1048576, GiB: 1073741824, TiB: 1099511627776, k: 1e3, M: 1e6, G: 1e9, T: 1e12, kB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 };
  const key = (text) => {
    const m = /^\s*([-−]?\d[\d.]*(?:e[-+]?\d+)?)\s*([^\s/\[(]*)/.exec(text);
    if (!m) return text.trim() === "" ? null : text.trim();
    return parseFloat(m[1].replace("−", "-")) * (units[m[2]] || 1);
  };
  const compare = (a, b) => {
    if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
    if (typeof a === "number" && typeof b === "number") return a - b;
    return String(a).localeCompare(String(b), "en", { numeric: true });
  };
  const sort = (table, column, th) => {
    const down = th.getAttribute("aria-sort") === "ascending";
    const rows = [...table.tBodies[0].rows].map((row) => ({ row, key: key(row.cells[column].textContent) }));
    rows.sort((a, b) => (a.key === null || b.key === null || !down ? compare(a.key, b.key) : compare(b.key, a.key)));
    for (const h of table.tHead.rows[0].cells) h.removeAttribute("aria-sort");
    th.setAttribute("aria-sort", down ? "descending" : "ascending");
    table.tBodies[0].append(...rows.map((r) => r.row));
  };
  [...document.querySelectorAll("table")].forEach((table, n) => {
    const section = table.closest("section");
    const title = section && section.querySelector("h2");
    if (title) table.parentElement.setAttribute("aria-label", "Table " + (n + 1) + ": " + title.textContent);
    if (!table.tHead || !table.tBodies.length || table.tBodies[0].rows.length < 2) return;
    [...table.tHead.rows[0].cells].forEach((th, i) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...th.childNodes);
      button.addEventListener("click", () => sort(table, i, th));
      th.append(button);
    });
  });

  const tip = document.getElementById("tip");
  const dialog = document.getElementById("large");
  const hide = () => { tip.hidden = true; for (const m of document.querySelectorAll(".mark")) m.remove(); };
  const show = (img, spot) => {
    hide();
    const box = img.getBoundingClientRect();
    const mark = document.createElement("div");
    mark.className = "mark";
    mark.style.left = img.offsetLeft + spot[0] * box.width - 1 + "px";
    mark.style.top = img.offsetTop + spot[1] * box.height - 1 + "px";
    mark.style.width = (spot[2] - spot[0]) * box.width + 2 + "px";
    mark.style.height = (spot[3] - spot[1]) * box.height + 2 + "px";
    img.parentElement.append(mark);
    tip.textContent = spot[4];
    tip.hidden = false;
    const x = box.left + spot[2] * box.width, y = box.top + spot[3] * box.height;
    tip.style.left = Math.max(4, Math.min(x + 8, innerWidth - tip.offsetWidth - 8)) + "px";
    tip.style.top = Math.max(4, Math.min(y + 8, innerHeight - tip.offsetHeight - 8)) + "px";
  };
  const find = (img, spots, event) => {
    const box = img.getBoundingClientRect();
    const x = (event.clientX - box.left) / box.width, y = (event.clientY - box.top) / box.height;
    return spots.find((s) => x >= s[0] && x <= s[2] && y >= s[1] && y <= s[3]);
  };
  for (const figure of document.querySelectorAll("figure")) {
    const img = figure.querySelector("img");
    const spots = JSON.parse(figure.querySelector(".spots").textContent);
    const button = document.createElement("button");
    button.type = "button";
    button.setAttribute("aria-label", "Enlarge: " + img.alt);
    if (spots.length) button.setAttribute("aria-description", "Left and right arrow keys read its values");
    img.replaceWith(button);
    button.append(img);
    button.addEventListener("click", () => {
      hide();
      const large = dialog.querySelector("img");
      large.src = img.src;
      large.alt = img.alt;
      large.width = Math.max(img.width, img.getAttribute("width") * 0.75);
      dialog.showModal();
    });
    let at = -1;
    button.addEventListener("pointermove", (e) => {
      const spot = find(img, spots, e);
      if (spot) show(img, spot); else hide();
    });
    button.addEventListener("pointerleave", hide);
    button.addEventListener("blur", hide);
    button.addEventListener("keydown", (e) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
      if (e.key === "Escape") hide();
      if (!step || !spots.length) return;
      e.preventDefault();
      at = (at + step + spots.length) % spots.length;
      show(img, spots[at]);
    });
  }
  addEventListener("scroll", hide, { passive: true });
})();
