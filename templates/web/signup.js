// Guesses the reader's zone on a form that was not touched yet, shows what its clock says, and
// tells a page that frames the form how high it is.  Everything works without.
(function () {
  "use strict";

  function guess(zones) {
    var zone = "";
    try {
      zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    } catch (error) {
      return;
    }
    var wanted = Array.prototype.find.call(zones.options, function (one) {
      return one.value === zone;
    });
    if (wanted && !document.querySelector("[aria-invalid]")) {
      wanted.selected = true;
    }
  }

  function showClock(zones, clock) {
    var chosen = zones.options[zones.selectedIndex].textContent;
    var now = chosen.slice(-5);
    clock.textContent = clock.textContent.replace(clock.dataset.clock, now);
    clock.dataset.clock = now;
  }

  var zones = document.getElementById("time_zone");
  var clock = document.getElementById("clock");
  if (zones && clock && clock.dataset.clock) {
    guess(zones);
    showClock(zones, clock);
    zones.addEventListener("change", function () {
      showClock(zones, clock);
    });
  }

  var link = document.getElementById("telegram");
  if (link) {
    var tell = function () {
      var slugs = [];
      document.querySelectorAll('input[name="topic"]:checked').forEach(function (box) {
        var above = box.closest("li").parentElement.closest("li");
        if (above && above.querySelector("input").checked) {
          return; // comes along
        }
        if (slugs.concat(box.value).join("_").length <= 64) {
          slugs.push(box.value);
        }
      });
      link.href = link.href.split("?")[0] + (slugs.length ? "?start=" + slugs.join("_") : "");
    };
    document.querySelectorAll('input[name="topic"]').forEach(function (box) {
      box.addEventListener("change", tell);
    });
    tell();
  }

  if (window.parent !== window) {
    var say = function () {
      var height = Math.ceil(document.documentElement.getBoundingClientRect().height);
      window.parent.postMessage({ digestBox: height }, "*");
    };
    if (window.ResizeObserver) {
      new ResizeObserver(say).observe(document.documentElement);
    }
    window.addEventListener("load", say);
    say();
  }
})();
