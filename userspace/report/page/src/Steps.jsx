// SPDX-License-Identifier: Apache-2.0
// Numbered steps, each with its command to copy and the expected result.
import { useEffect, useRef, useState } from "preact/hooks";

export function StepList({ steps }) {
  return (
    <ol class="steps">
      {steps.map((step) => (
        <li>
          <p><span class="when">{step.when}</span> <bdi>{step.text}</bdi></p>
          {step.command && <Command text={step.command} />}
          {step.expect && <p class="expect"><b>Expected:</b> <bdi>{step.expect}</bdi></p>}
        </li>
      ))}
    </ol>
  );
}

const kSaid = 2000;  // ms that a button says that it copied

// Without the clipboard's permission the text is selected, to be copied by hand.
async function copy(element) {
  try {
    await navigator.clipboard.writeText(element.textContent);
    return "Copied";
  } catch {
    getSelection().selectAllChildren(element);
    return "Selected";
  }
}

export function Command({ text, kind = "command" }) {
  const block = useRef(), [said, set_said] = useState("");
  useEffect(() => {
    if (!said) return;
    const wait = setTimeout(() => set_said(""), kSaid);
    return () => clearTimeout(wait);
  }, [said]);
  return (
    <div class="copied">
      <pre class={kind} ref={block}>{text}</pre>
      <button class="copy" aria-live="polite" onClick={async () => set_said(await copy(block.current))}>{said || "Copy"}</button>
    </div>
  );
}
