// In place of unfold's copy of Chart.js (200 KB on every page): the figures bring their own, see stats/static/stats/vendor.
