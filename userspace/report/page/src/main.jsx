// SPDX-License-Identifier: Apache-2.0
import { render } from "preact";
import { useEffect, useLayoutEffect, useState } from "preact/hooks";
import { Document } from "./Document.jsx";
import { Explore } from "./Explore.jsx";
import { load, times } from "./model.js";

const kDark = matchMedia("(prefers-color-scheme: dark)");

function App({ model }) {
  const [tab, set_tab] = useState(location.hash === "#explore" ? "explore" : "report");
  const [visited, set_visited] = useState(tab === "explore");  // the explorer is made when it is first shown
  const [selected, set_selected] = useState(model.gravest);
  const [part, set_part] = useState("findings");  // of the explorer, in a narrow window
  const [dark, set_dark] = useState(kDark.matches);
  useEffect(() => {
    const follow = () => set_dark(kDark.matches);
    kDark.addEventListener("change", follow);
    return () => kDark.removeEventListener("change", follow);
  }, []);
  useLayoutEffect(() => {  // before the timeline takes its colours
    document.documentElement.dataset.theme = dark ? "dark" : "light";
  }, [dark]);
  const go = (to) => {
    set_tab(to);
    if (to === "explore") set_visited(true);
    history.replaceState(null, "", `#${to}`);
  };
  const show = (process) => {
    set_selected(process);
    set_part("details");
    go("explore");
  };
  const tabs = [["report", "Report"], ["explore", "Explore"]];
  return (
    <div class={`app ${tab}`}>
      <header class="top">
        <h1>Processes on <bdi>{model.summary.host.name}</bdi></h1>
        <div role="tablist">
          {tabs.map(([name, label]) => (
            <button key={name} role="tab" id={`tab-${name}`} aria-selected={tab === name} onClick={() => go(name)}>{label}</button>
          ))}
        </div>
        <button id="theme" onClick={() => set_dark(!dark)}>{dark ? "Light" : "Dark"}</button>
      </header>
      <div class="tab-report"><Document model={model} show={show} /></div>
      {visited && <div class="tab-explore" hidden={tab !== "explore"}><Explore model={model} selected={selected} select={set_selected} part={part} show_part={set_part} theme={dark} /></div>}
    </div>
  );
}

const page = document.getElementById("page");
load(document).then(
  (model) => {
    document.title = `stray: ${model.summary.host.name}`;
    page.textContent = "";
    render(<App model={model} />, page);
    window.strayTimes = times;
  },
  (error) => {
    page.textContent = `This report cannot be read: ${error.message}. A browser of 2023 or newer is needed, and the whole file.`;
  });
