// What the page does beyond HTML and CSS; it works without.
"use strict";

const comment = document.getElementById("comment");
const counter = document.querySelector("[data-counter]");
const reason = document.getElementById("reason");

function showCount() {
  const left = (comment.maxLength - comment.value.length).toLocaleString(document.documentElement.lang);
  counter.textContent = counter.dataset.text.replace("#", left);
}

// "Other reason" needs a few words: say so before the form is sent, not after.
function showWhetherCommentIsAsked() {
  const declined = document.getElementById("declined").checked;
  const asks = declined && reason !== null && reason.selectedOptions[0].hasAttribute("data-asks");
  document.querySelector("label[for=comment] .optional").hidden = asks;
  comment.required = asks;
}

if (comment && counter) {
  comment.addEventListener("input", showCount);
  comment.form.addEventListener("change", showWhetherCommentIsAsked);
  showCount();
  showWhetherCommentIsAsked();
}

const problems = document.querySelector(".problems");
if (problems) {
  problems.tabIndex = -1;
  problems.focus();
}
