// Searches the number that a form's challenge asks for (ALTCHA), as soon as somebody types.
// SHA-256 is written out (FIPS 180-4): the browser's own is asked for one at a time, and only
// over https.
(function () {
  "use strict";
  var K = [];
  var START = [];

  function fraction(root) {
    return ((root - Math.floor(root)) * 4294967296) | 0;
  }

  for (var candidate = 2; K.length < 64; candidate += 1) {
    var isPrime = true;
    for (var factor = 2; factor * factor <= candidate; factor += 1) {
      isPrime = isPrime && candidate % factor !== 0;
    }
    if (isPrime) {
      if (START.length < 8) {
        START.push(fraction(Math.sqrt(candidate)));
      }
      K.push(fraction(Math.cbrt(candidate)));
    }
  }

  function turn(x, n) {
    return (x >>> n) | (x << (32 - n));
  }

  // Of text in ASCII.
  function sha256(text) {
    var words = new Int32Array((((text.length + 8) >> 6) + 1) * 16);
    for (var at = 0; at < text.length; at += 1) {
      words[at >> 2] |= text.charCodeAt(at) << (24 - (at % 4) * 8);
    }
    words[at >> 2] |= 0x80 << (24 - (at % 4) * 8);
    words[words.length - 1] = text.length * 8;
    var state = START.slice();
    var w = new Int32Array(64);
    for (var block = 0; block < words.length; block += 16) {
      var a = state[0], b = state[1], c = state[2], d = state[3];
      var e = state[4], f = state[5], g = state[6], h = state[7];
      for (var i = 0; i < 64; i += 1) {
        if (i < 16) {
          w[i] = words[block + i];
        } else {
          var x = w[i - 15];
          var y = w[i - 2];
          w[i] = (w[i - 16] + w[i - 7] + (turn(x, 7) ^ turn(x, 18) ^ (x >>> 3)) +
            (turn(y, 17) ^ turn(y, 19) ^ (y >>> 10))) | 0;
        }
        var t1 = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + K[i] + w[i]) | 0;
        var t2 = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
        h = g; g = f; f = e; e = (d + t1) | 0; d = c; c = b; b = a; a = (t1 + t2) | 0;
      }
      [a, b, c, d, e, f, g, h].forEach(function (value, n) {
        state[n] = (state[n] + value) | 0;
      });
    }
    return state.map(function (value) {
      return (value >>> 0).toString(16).padStart(8, "0");
    }).join("");
  }

  var field = document.getElementById("altcha");
  if (!field) {
    return;
  }
  var asked = JSON.parse(field.dataset.challenge);
  var form = field.form;
  var next = -1; // not begun
  var isWaiting = false;

  function work() {
    for (var tries = 0; tries < 500 && next <= asked.maxnumber; tries += 1) {
      if (sha256(asked.salt + next) === asked.challenge) {
        asked.number = next;
        delete asked.maxnumber;
        field.value = btoa(JSON.stringify(asked));
        if (isWaiting) {
          form.requestSubmit();
        }
        return;
      }
      next += 1;
    }
    if (next <= asked.maxnumber) {
      setTimeout(work, 0); // typing goes first
    }
  }

  function begin() {
    if (next < 0) {
      next = 0;
      work();
    }
  }

  form.addEventListener("focusin", begin);
  form.addEventListener("submit", function (event) {
    if (field.value === "" && !(event.submitter && event.submitter.formNoValidate)) {
      event.preventDefault();
      isWaiting = true;
      begin();
    }
  });
})();
