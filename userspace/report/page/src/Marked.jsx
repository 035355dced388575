// SPDX-License-Identifier: Apache-2.0
// A text in which the words of the filter are marked.
import { number } from "./model.js";

export function Marked({ text, words }) {
  if (!words?.length || !text) return <bdi>{text}</bdi>;
  const low = text.toLowerCase(), parts = [];
  let done = 0;
  if (low.length === text.length)  // a few letters grow when they become small: then nothing is marked
    for (;;) {
      let at = -1, length = 0;
      for (const word of words) {
        const found = low.indexOf(word, done);
        if (found >= 0 && (at < 0 || found < at || (found === at && word.length > length))) at = found, length = word.length;
      }
      if (at < 0) break;
      if (at > done) parts.push(text.slice(done, at));
      parts.push(<mark>{text.slice(at, at + length)}</mark>);
      done = at + length;
    }
  return <bdi>{parts}{text.slice(done)}</bdi>;
}

const kLong = 200;

// A long text of which the beginning is shown until somebody wants the rest.
export function Clamped({ text, words, most = kLong }) {
  if (/[\ud800-\udbff]/.test(text[most - 1])) --most;  // not between the halves of a character
  if (text.length <= most + 40) return <Marked text={text} words={words} />;
  return (
    <>
      <Marked text={text.slice(0, most)} words={words} />
      <details class="rest">
        <summary>… {number(text.length - most)} more characters</summary>
        <Marked text={text.slice(most)} words={words} />
      </details>
    </>
  );
}
