// Puts the sign-up box into a publisher's page, where `data-digest-box` marks the place, else
// where the script stands.  The form that is there stays until the frame has shown that it can be
// seen: a policy, a blocker or a server that is down takes nothing from the reader.
(function () {
  "use strict";
  var script = document.currentScript;
  var home = new URL("embed", script.src);
  var NAMES = ["topics", "language", "accent", "background", "text", "font", "scheme", "radius", "form"];

  function address(data) {
    var url = new URL(home.href);
    NAMES.forEach(function (name) {
      if (data[name]) {
        url.searchParams.set(name, data[name]);
      }
    });
    return url.href;
  }

  function isUsed(place) {
    var typed = place.querySelector('input[type="email"]');
    return (typed && typed.value !== "") || place.contains(document.activeElement);
  }

  function put(place) {
    if (place.hasAttribute("data-digest-placed")) {
      return;
    }
    place.setAttribute("data-digest-placed", "");
    var frame = document.createElement("iframe");
    frame.title = place.dataset.title || "Sign up";
    frame.src = address(place.dataset);
    frame.referrerPolicy = "no-referrer";
    frame.style.display = "block";
    frame.style.width = "100%";
    frame.style.height = "0";
    frame.style.border = "0";
    window.addEventListener("message", function (event) {
      if (event.source !== frame.contentWindow || event.origin !== home.origin) {
        return;
      }
      var height = event.data && event.data.digestBox;
      if (typeof height !== "number" || !(height > 0) || height > 5000) {
        return;
      }
      if (frame.style.height === "0px" && place !== script) {
        if (isUsed(place)) {
          frame.remove();
          return;
        }
        place.style.display = "none";
      }
      frame.style.height = height + "px";
    });
    place.insertAdjacentElement("afterend", frame);
  }

  function start() {
    var places = document.querySelectorAll("[data-digest-box]");
    if (places.length === 0) {
      put(script);
    }
    places.forEach(put);
  }

  if (document.readyState === "loading") {
    document.addEventListener("DOMContentLoaded", start);
  } else {
    start();
  }
})();
