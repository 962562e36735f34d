// Light or dark: what the visitor chose, else what the system says. Runs before the page is painted.
"use strict";

(() => {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const root = document.documentElement;

  function chosen() {
    try {
      return localStorage.getItem("footfall.theme") ?? "system";
    } catch {
      return "system"; // storage is switched off
    }
  }

  function apply(choice) {
    const theme = choice === "system" ? (dark.matches ? "dark" : "light") : choice;
    root.dataset.theme = theme;
    root.classList.toggle("dark-mode", theme === "dark"); // Swagger UI's name for it
    root.dispatchEvent(new Event("themechange"));
  }

  apply(chosen());
  dark.addEventListener("change", () => apply(chosen()));
  addEventListener("DOMContentLoaded", () => {
    const select = document.getElementById("theme");
    select.value = chosen();
    select.addEventListener("change", () => {
      try {
        localStorage.setItem("footfall.theme", select.value);
      } catch {
        // it holds for this page then
      }
      apply(select.value);
    });
  });
})();
