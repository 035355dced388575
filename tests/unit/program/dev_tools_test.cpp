// SPDX-License-Identifier: Apache-2.0
// Scripts of tools, package managers and supervisors, run by node.
#include <gtest/gtest.h>

#include <ostream>

#include "program/dev_tools.hpp"
#include "unit/program/argv.hpp"

namespace stray {
namespace {

using test::node;
using test::Strings;

const std::string kBin = "/srv/app/node_modules/.bin/", kModules = "/srv/app/node_modules/";
const std::string kPm2 = "/usr/lib/node_modules/pm2/lib/";

struct Tool {
  Strings args;  // of node
  Role role;
  std::string name = {};
};
void PrintTo(const Tool& tool, std::ostream* out) {
  for (const auto& arg : tool.args) *out << arg << ' ';
}

class NodeTools : public testing::TestWithParam<Tool> {};

TEST_P(NodeTools, HaveRoleAndName) {
  const Program program = node(GetParam().args);
  EXPECT_EQ(static_cast<int>(program.role), static_cast<int>(GetParam().role));
  EXPECT_EQ(program.name, GetParam().name);
  EXPECT_EQ(program.runtime, Runtime::node);
}

using enum Role;
INSTANTIATE_TEST_SUITE_P(Apps, NodeTools,
                         testing::Values(Tool{{"dist/index.js"}, app}, Tool{{"/srv/app/dist/index.js"}, app},
                                         Tool{{"."}, app},
                                         Tool{{"--inspect=127.0.0.1:0", "dist/index.js", "x.js"}, app},
                                         // names of tools, but files of the user's own
                                         Tool{{"serve.js"}, app}, Tool{{"nodemon.js"}, app},
                                         Tool{{"bin/serve"}, app}, Tool{{"./bin/www"}, app},
                                         Tool{{"/srv/app/bin/serve"}, app},
                                         Tool{{"vite/server.js", "build"}, app},
                                         // packages that are servers, or not known
                                         Tool{{kBin + "next", "start", "-p", "3000"}, app},
                                         Tool{{kBin + "next", "-H", "0.0.0.0", "start"}, app},
                                         Tool{{kBin + "strapi", "start"}, app},
                                         Tool{{kModules + "@remix-run/serve/dist/cli.js"}, app},
                                         Tool{{kModules + "my-server/vite/index.js"}, app}));

INSTANTIATE_TEST_SUITE_P(OtherRuns, NodeTools,
                         testing::Values(Tool{{}, interactive}, Tool{{"-i"}, interactive},
                                         Tool{{"-e", "setInterval(()=>{},1e3)"}, Role::eval},
                                         Tool{{"-"}, Role::eval}, Tool{{"--version"}, cli, "node"},
                                         Tool{{"--check", "a.js"}, cli, "node"},
                                         Tool{{"--test"}, cli, "node --test"},
                                         Tool{{"--run", "start"}, wrapper, "node --run start"},
                                         Tool{{"--watch", "a.js"}, dev_tool, "node --watch"},
                                         Tool{{"--watch-path=src", "a.js"}, dev_tool, "node --watch"},
                                         Tool{{"--test", "--watch"}, dev_tool, "node --watch"},
                                         Tool{{"--inspect-brk", "a.js"}, dev_tool, "node --inspect-brk"},
                                         Tool{{"inspect", "a.js"}, dev_tool, "node inspect"}));

INSTANTIATE_TEST_SUITE_P(
    ServersOfFrameworks, NodeTools,
    testing::Values(
        Tool{{kBin + "eleventy", "--serve"}, dev_tool, "eleventy --serve"},
        Tool{{kModules + "@11ty/eleventy/cmd.cjs", "--serve"}, dev_tool, "eleventy --serve"},
        Tool{{kBin + "eleventy"}, cli, "eleventy"},
        Tool{{kBin + "strapi", "develop"}, dev_tool, "strapi develop"},
        Tool{{kModules + "@strapi/strapi/bin/strapi.js", "develop"}, dev_tool, "strapi develop"},
        Tool{{kModules + "@strapi/strapi/bin/strapi.js", "start"}, app},
        Tool{{kBin + "medusa", "develop"}, dev_tool, "medusa develop"}, Tool{{kBin + "medusa", "start"}, app},
        Tool{{kBin + "vercel", "dev", "--listen", "3000"}, dev_tool, "vercel dev"},
        Tool{{kBin + "vercel", "deploy"}, cli, "vercel"},
        Tool{{kBin + "netlify", "dev"}, dev_tool, "netlify dev"},
        Tool{{kBin + "serverless", "offline", "start"}, dev_tool, "serverless offline"},
        Tool{{kBin + "sls", "--stage", "dev", "offline"}, dev_tool, "serverless offline"},
        Tool{{kBin + "rsbuild", "dev"}, dev_tool, "rsbuild"},
        Tool{{kBin + "rsbuild", "build"}, cli, "rsbuild build"},
        Tool{{kBin + "rspack", "serve"}, dev_tool, "rspack serve"},
        Tool{{kBin + "rspack", "build"}, cli, "rspack"}, Tool{{kBin + "vinxi", "dev"}, dev_tool, "vinxi dev"},
        Tool{{kBin + "vinxi", "start"}, app},
        Tool{{kBin + "vuepress", "dev", "docs"}, dev_tool, "vuepress dev"},
        Tool{{kBin + "hexo", "server"}, dev_tool, "hexo server"},
        Tool{{kBin + "hexo", "generate"}, cli, "hexo"}, Tool{{kBin + "farm", "start"}, dev_tool, "farm"},
        Tool{{kBin + "farm", "build"}, cli, "farm build"},
        Tool{{kBin + "qwik", "serve"}, dev_tool, "qwik serve"}, Tool{{kBin + "slidev"}, dev_tool, "slidev"},
        Tool{{kBin + "slidev", "export"}, cli, "slidev export"},
        Tool{{kBin + "payload", "dev"}, dev_tool, "payload dev"},
        Tool{{kBin + "lite-server"}, dev_tool, "lite-server"},
        Tool{{kBin + "node-dev", "a.js"}, dev_tool, "node-dev"},
        Tool{{kBin + "supervisor", "a.js"}, dev_tool, "supervisor"},
        Tool{{"/usr/bin/supervisor", "a.js"}, app},
        Tool{{kBin + "onchange", "src/*", "--", "make"}, dev_tool, "onchange"},
        Tool{{kBin + "apollo", "server"}, dev_tool, "apollo server"}));

TEST(DevTools, OneThatShowsAFolderForAMomentIsMakeshift) {
  EXPECT_TRUE(is_makeshift("python -m http.server"));
  for (const char* name : {"http-server", "flask run", "prisma studio", "http.server", ""})
    EXPECT_FALSE(is_makeshift(name)) << name;
}

TEST(BareTitles, MayBeAServerUnlessSomethingSaysWhichCommandItIs) {
  EXPECT_EQ(test::titled("webpack").role, dev_tool);
  EXPECT_EQ(test::titled("webpack", {"CI=true"}).role, cli);
  EXPECT_EQ(test::titled("webpack", {"npm_lifecycle_script=webpack --mode production"}).role, cli);
  const Program served = test::titled("webpack", {"npm_lifecycle_script=NODE_ENV=x webpack serve"});
  EXPECT_EQ(served.role, dev_tool);
  EXPECT_EQ(served.name, "webpack serve");
  EXPECT_EQ(test::titled("eslint").role, cli) << "it never serves";
  EXPECT_NE(test::titled("strapi").role, dev_tool) << "it serves in production too";
}

INSTANTIATE_TEST_SUITE_P(
    PackageManagers, NodeTools,
    testing::Values(
        Tool{{"/usr/bin/npm", "run", "dev"}, wrapper, "npm run dev"},
        Tool{{"/usr/lib/node_modules/npm/bin/npm-cli.js", "run", "dev2"}, wrapper, "npm run dev2"},
        Tool{{"/usr/bin/npm", "run-script", "dev"}, wrapper, "npm run dev"},
        Tool{{"/usr/bin/npm", "start"}, wrapper, "npm start"},
        Tool{{"/usr/bin/npm", "t"}, wrapper, "npm test"},
        Tool{{"/usr/bin/npm", "--prefix", "/srv/app", "--silent", "run", "dev"}, wrapper, "npm run dev"},
        Tool{{"/usr/bin/npm", "run", "-w", "api", "dev", "--", "--x"}, wrapper, "npm run dev"},
        Tool{{"/usr/bin/npm", "exec", "--", "prisma", "studio"}, wrapper, "npm exec prisma"},
        Tool{{"/usr/bin/npm", "x", "-c", "prisma studio"}, wrapper, "npm exec"},
        Tool{{"/usr/bin/npm", "ci"}, cli, "npm ci"}, Tool{{"/usr/bin/npm", "run"}, cli, "npm run"},
        Tool{{"/usr/bin/npm", "install", "x"}, cli, "npm install"},
        Tool{{"/usr/bin/npm", "--version"}, cli, "npm"},
        Tool{{"/usr/bin/npx", "prisma", "studio", "--port", "5555"}, wrapper, "npm exec prisma"},
        Tool{{"/usr/bin/npx", "--no-install", "-p", "typescript", "tsc"}, wrapper, "npm exec tsc"},
        Tool{{"/usr/lib/node_modules/npm/bin/npx-cli.js", "-y", "degit"}, wrapper, "npm exec degit"},
        Tool{{kBin + "yarn", "run", "dev"}, wrapper, "yarn run dev"},
        Tool{{kBin + "yarn", "dev"}, wrapper, "yarn dev"},
        Tool{{"/srv/app/.yarn/releases/yarn-4.1.0.cjs", "start"}, wrapper, "yarn start"},
        Tool{{"/usr/share/yarn/bin/yarn.js", "--cwd", "x", "dlx", "degit"}, wrapper, "yarn dlx degit"},
        Tool{{kBin + "yarn"}, cli, "yarn"}, Tool{{kBin + "yarn", "add", "x"}, cli, "yarn add"},
        Tool{{kBin + "pnpm", "run", "dev"}, wrapper, "pnpm run dev"},
        Tool{{kBin + "pnpm", "-F", "api", "dev"}, wrapper, "pnpm dev"},
        Tool{{"/usr/lib/node_modules/pnpm/bin/pnpm.cjs", "i"}, cli, "pnpm i"},
        Tool{{kBin + "pnpx", "degit"}, wrapper, "pnpm dlx degit"},
        Tool{{"/usr/bin/corepack", "pnpm@9", "run", "dev"}, wrapper, "pnpm run dev"},
        Tool{{"/usr/lib/node_modules/corepack/dist/yarn.js", "dev"}, wrapper, "yarn dev"},
        Tool{{"/usr/bin/corepack", "enable"}, cli, "corepack"}));

INSTANTIATE_TEST_SUITE_P(
    Wrappers, NodeTools,
    testing::Values(
        Tool{{kBin + "npm-run-all", "-p", "dev", "dev2"}, wrapper, "npm-run-all"},
        Tool{{kModules + "npm-run-all/bin/run-p/index.js", "a"}, wrapper, "npm-run-all"},
        Tool{{kBin + "run-s", "a"}, wrapper, "run-s"},
        Tool{{kBin + "concurrently", "vite", "node app.js"}, wrapper, "concurrently"},
        Tool{{kModules + "cross-env/src/bin/cross-env.js", "A=1", "node", "x"}, wrapper, "cross-env"},
        Tool{{kBin + "dotenv", "--", "node", "x"}, wrapper, "dotenv"}));

INSTANTIATE_TEST_SUITE_P(
    DevTools, NodeTools,
    testing::Values(
        Tool{{kBin + "prisma", "studio", "--browser", "none", "--port", "5555"}, dev_tool, "prisma studio"},
        Tool{{kModules + "prisma/build/index.js", "studio"}, dev_tool, "prisma studio"},
        Tool{{kBin + "prisma", "--schema", "x.prisma", "studio"}, dev_tool, "prisma studio"},
        Tool{{kBin + "prisma", "migrate", "deploy"}, cli, "prisma migrate"},
        Tool{{kBin + "prisma", "generate"}, cli, "prisma generate"},
        Tool{{kModules + "drizzle-kit/bin.cjs", "studio"}, dev_tool, "drizzle-kit studio"},
        Tool{{kBin + "drizzle-kit", "push"}, cli, "drizzle-kit"},
        Tool{{kBin + "vite", "--port", "0"}, dev_tool, "vite"},
        Tool{{kBin + "vite", "web"}, dev_tool, "vite"},
        Tool{{kModules + "vite/bin/vite.js", "preview"}, dev_tool, "vite preview"},
        Tool{{kModules + ".pnpm/vite@5.0.0/node_modules/vite/bin/vite.js", "build"}, cli, "vite build"},
        Tool{{kBin + "vite", "--mode", "staging", "build"}, cli, "vite build"},
        Tool{{kBin + "vite", "build", "--watch"}, dev_tool, "vite build --watch"},
        Tool{{"node_modules/.bin/next", "dev", "-p", "0"}, dev_tool, "next dev"},
        Tool{{kModules + "next/dist/bin/next"}, dev_tool, "next dev"},
        Tool{{kBin + "next", "build"}, cli, "next build"},
        Tool{{kModules + "next/dist/server/lib/start-server.js"}, dev_tool, "next dev"},
        Tool{{kBin + "nuxt", "dev"}, dev_tool, "nuxt dev"}, Tool{{kBin + "nuxi", "build"}, cli, "nuxi"},
        Tool{{kBin + "astro", "dev"}, dev_tool, "astro dev"}, Tool{{kBin + "astro", "build"}, cli, "astro"},
        Tool{{kModules + "@remix-run/dev/dist/cli.js", "vite:dev"}, dev_tool, "remix dev"},
        Tool{{kModules + "@react-router/dev/bin.js", "dev"}, dev_tool, "react-router dev"},
        Tool{{kBin + "svelte-kit", "sync"}, cli, "svelte-kit"},
        Tool{{kBin + "gatsby", "develop"}, dev_tool, "gatsby develop"},
        Tool{{kModules + "react-scripts/scripts/start.js"}, dev_tool, "react-scripts start"},
        Tool{{kBin + "react-scripts", "start"}, dev_tool, "react-scripts start"},
        Tool{{kBin + "craco", "start"}, dev_tool, "craco start"},
        Tool{{kModules + "@angular/cli/bin/ng.js", "serve"}, dev_tool, "ng serve"},
        Tool{{kBin + "ng", "build"}, cli, "ng"},
        Tool{{kBin + "vue-cli-service", "serve"}, dev_tool, "vue-cli-service serve"},
        Tool{{kBin + "webpack", "serve"}, dev_tool, "webpack serve"},
        Tool{{kBin + "webpack", "-w"}, dev_tool, "webpack --watch"}, Tool{{kBin + "webpack"}, cli, "webpack"},
        Tool{{kBin + "webpack-dev-server"}, dev_tool, "webpack-dev-server"},
        Tool{{kBin + "rollup", "-c", "-w"}, dev_tool, "rollup --watch"},
        Tool{{kBin + "rollup", "-c"}, cli, "rollup"},
        Tool{{kBin + "parcel", "index.html"}, dev_tool, "parcel"},
        Tool{{kBin + "parcel", "build", "x"}, cli, "parcel build"},
        Tool{{kBin + "esbuild", "a.ts", "--serve=8000"}, dev_tool, "esbuild --serve"},
        Tool{{kBin + "esbuild", "a.ts"}, cli, "esbuild"},
        Tool{{kBin + "storybook", "dev"}, dev_tool, "storybook dev"},
        Tool{{kBin + "start-storybook"}, dev_tool, "storybook dev"},
        Tool{{"/usr/lib/node_modules/nodemon/bin/nodemon.js", "a.js"}, dev_tool, "nodemon"},
        Tool{{"/usr/local/bin/nodemon", "a.js"}, dev_tool, "nodemon"},
        Tool{{kBin + "tsc", "-w"}, dev_tool, "tsc --watch"}, Tool{{kBin + "tsc"}, cli, "tsc"},
        Tool{{kBin + "jest", "--watchAll"}, dev_tool, "jest --watch"}, Tool{{kBin + "jest"}, cli, "jest"},
        Tool{{kBin + "vitest"}, dev_tool, "vitest"}, Tool{{kBin + "vitest", "run"}, cli, "vitest run"},
        Tool{{kBin + "vitest", "--run"}, cli, "vitest run"},
        Tool{{kBin + "mocha", "--watch"}, dev_tool, "mocha --watch"},
        Tool{{kBin + "karma", "start"}, dev_tool, "karma start"},
        Tool{{kBin + "cypress", "open"}, dev_tool, "cypress open"},
        Tool{{kBin + "playwright", "test"}, cli, "playwright"},
        Tool{{kModules + "@playwright/test/cli.js", "test", "--ui"}, dev_tool, "playwright test --ui"},
        Tool{{kBin + "playwright", "show-report"}, dev_tool, "playwright show-report"}));

INSTANTIATE_TEST_SUITE_P(
    MoreTools, NodeTools,
    testing::Values(
        Tool{{kBin + "expo", "start"}, dev_tool, "expo start"},
        Tool{{kBin + "metro", "serve"}, dev_tool, "metro"},
        Tool{{kBin + "react-native", "start"}, dev_tool, "react-native start"},
        Tool{{kBin + "electron-vite", "dev"}, dev_tool, "electron-vite"},
        Tool{{kBin + "electron", "."}, dev_tool, "electron"},
        Tool{{kModules + "live-server/live-server.js"}, dev_tool, "live-server"},
        Tool{{kBin + "http-server"}, dev_tool, "http-server"}, Tool{{kBin + "sirv"}, dev_tool, "sirv"},
        Tool{{kBin + "serve", "build"}, dev_tool, "serve"},
        Tool{{kModules + "serve/build/main.js"}, dev_tool, "serve"},
        Tool{{kBin + "json-server", "db.json"}, dev_tool, "json-server"},
        Tool{{kModules + "browser-sync/dist/bin.js", "start"}, dev_tool, "browser-sync"},
        Tool{{kModules + "localtunnel/bin/lt.js", "--port", "1"}, dev_tool, "localtunnel"},
        Tool{{kBin + "hardhat", "node"}, dev_tool, "hardhat node"},
        Tool{{kBin + "hardhat", "compile"}, cli, "hardhat"},
        Tool{{kModules + "firebase-tools/lib/bin/firebase.js", "emulators:start"},
             dev_tool,
             "firebase emulators:start"},
        Tool{{kBin + "wrangler", "pages", "dev"}, dev_tool, "wrangler dev"},
        Tool{{kBin + "wrangler", "deploy"}, cli, "wrangler"},
        Tool{{kBin + "turbo", "run", "dev"}, dev_tool, "turbo dev"},
        Tool{{kBin + "turbo", "run", "build"}, cli, "turbo"},
        Tool{{kBin + "nx", "serve", "api"}, dev_tool, "nx serve"},
        Tool{{kBin + "eslint", "."}, cli, "eslint"}, Tool{{kBin + "prettier", "."}, cli, "prettier"},
        Tool{{"/usr/lib/node_modules/npm/node_modules/node-gyp/bin/node-gyp.js", "rebuild"}, cli, "node-gyp"},
        Tool{{"/root/.vscode-server/bin/1/out/server-main.js"}, dev_tool, "VS Code server"},
        Tool{{"/home/x/.cursor-server/bin/1/out/server-main.js"}, dev_tool, "Cursor server"},
        Tool{{kModules + "typescript/lib/tsserver.js", "--useInferred"}, dev_tool, "language server"},
        Tool{{kBin + "yaml-language-server", "--stdio"}, dev_tool, "language server"}));

INSTANTIATE_TEST_SUITE_P(
    Supervisors, NodeTools,
    testing::Values(Tool{{kPm2 + "Daemon.js"}, supervisor, "pm2"},
                    Tool{{kBin + "pm2-runtime", "start", "a.js"}, supervisor, "pm2-runtime"},
                    Tool{{kBin + "pm2", "start", "a.js"}, cli, "pm2"},
                    Tool{{kBin + "pm2", "start", "a.js", "--no-daemon"}, supervisor, "pm2"},
                    Tool{{kModules + "forever/bin/monitor", "dist/index.js"}, supervisor, "forever"},
                    Tool{{kBin + "forever", "app.js"}, supervisor, "forever"},
                    Tool{{kBin + "forever", "start", "app.js"}, cli, "forever start"}));

struct Loaded {
  Strings args;
  EntryKind kind;
  std::string entry, name;
  bool watcher;
};
void PrintTo(const Loaded& row, std::ostream* out) {
  for (const auto& arg : row.args) *out << arg << ' ';
}

class Loaders : public testing::TestWithParam<Loaded> {};

TEST_P(Loaders, RunTheScriptNamedAfterThem) {
  const Program program = node(GetParam().args);
  EXPECT_EQ(static_cast<int>(program.entry_kind), static_cast<int>(GetParam().kind));
  EXPECT_EQ(program.entry, GetParam().entry);
  EXPECT_EQ(program.name, GetParam().name);
  EXPECT_EQ(program.watcher, GetParam().watcher);
}

constexpr auto kFile = EntryKind::file;
INSTANTIATE_TEST_SUITE_P(
    Table, Loaders,
    testing::Values(
        Loaded{{kBin + "tsx", "src/server.ts"}, kFile, "src/server.ts", "tsx", false},
        Loaded{{kModules + "tsx/dist/cli.mjs", "watch", "--include", "x", "src/a.ts"},
               kFile,
               "src/a.ts",
               "tsx watch",
               true},
        Loaded{{"--require", kModules + "tsx/dist/preflight.cjs", "--import",
                "file://" + kModules + "tsx/dist/loader.mjs", "a.ts"},
               kFile,
               "a.ts",
               "tsx",
               false},
        Loaded{{"--import", "tsx", "a.ts"}, kFile, "a.ts", "", false},  // a deliberate choice: an app
        Loaded{{kBin + "tsx"}, EntryKind::repl, "", "", false},
        Loaded{{kBin + "tsx", "-e", "1"}, EntryKind::eval, "", "", false},
        Loaded{{kModules + "ts-node/dist/bin.js", "-P", "t.json", "a.ts"}, kFile, "a.ts", "ts-node", false},
        Loaded{{kBin + "ts-node-dev", "--respawn", "a.ts"}, kFile, "a.ts", "ts-node-dev", true},
        Loaded{{kBin + "tsnd", "a.ts"}, kFile, "a.ts", "ts-node-dev", true},
        Loaded{{"-r", "/tmp/ts-node-dev-hook-1.js", kModules + "ts-node-dev/lib/wrap.js", "src/server.ts"},
               kFile,
               "src/server.ts",
               "ts-node-dev",
               false}));

struct Helper {
  Strings argv;  // its first word is the binary, or a script of node
  Role role;
  Desk desk;
  std::string name = {};
};
void PrintTo(const Helper& row, std::ostream* out) {
  for (const auto& arg : row.argv) *out << arg << ' ';
}

class Desks : public testing::TestWithParam<Helper> {};

TEST_P(Desks, AreKnownByNameOrFolder) {
  const Helper& row = GetParam();
  const bool script = row.argv.front().starts_with(kModules) || row.argv.front().ends_with(".js");
  const std::string exe =
      row.argv.front().starts_with('/') ? row.argv.front() : "/usr/bin/" + row.argv.front();
  const Program program = script ? node(row.argv) : test::Image{.exe = exe, .argv = row.argv}.recognise();
  EXPECT_EQ(static_cast<int>(program.role), static_cast<int>(row.role));
  EXPECT_EQ(to_string(program.desk), to_string(row.desk));
  EXPECT_EQ(program.name, row.name);
}

INSTANTIATE_TEST_SUITE_P(
    Servers, Desks,
    testing::Values(
        Helper{{kBin + "mcp-server-everything", "stdio"}, app, Desk::mcp_server},
        Helper{{kModules + "@modelcontextprotocol/server-everything/dist/index.js"}, app, Desk::mcp_server},
        Helper{{kModules + "@playwright/mcp/cli.js"}, app, Desk::mcp_server},
        Helper{{kModules + "@upstash/context7-mcp/dist/index.js"}, app, Desk::mcp_server},
        Helper{{kBin + "claude", "mcp", "serve"}, app, Desk::mcp_server},
        Helper{{"github-mcp-server", "stdio"}, Role::none, Desk::mcp_server, "MCP server"},
        Helper{{kModules + "@modelcontextprotocol/sdk/x.js"}, app, Desk::none},
        Helper{{kBin + "mcp-inspector"}, dev_tool, Desk::none, "mcp-inspector"},
        Helper{{"dist/mcp/index.js"}, app, Desk::none},
        Helper{{kBin + "bash-language-server", "start"}, dev_tool, Desk::language_server, "language server"},
        Helper{{"gopls"}, dev_tool, Desk::language_server, "language server"},
        Helper{{"lua-language-server"}, dev_tool, Desk::language_server, "language server"},
        Helper{{"/home/a/.vscode-server/bin/1/extensions/node_modules/typescript/lib/tsserver.js"},
               dev_tool,
               Desk::language_server,
               "language server"},
        Helper{{"/home/a/.vscode-server/bin/1/out/bootstrap-fork.js", "--type=extensionHost"},
               dev_tool,
               Desk::editor,
               "VS Code server"},
        Helper{{kBin + "tsc", "-p", "."}, cli, Desk::type_checker, "tsc"},
        Helper{{kBin + "vue-tsc", "--watch"}, dev_tool, Desk::type_checker, "vue-tsc"}));

INSTANTIATE_TEST_SUITE_P(
    Agents, Desks,
    testing::Values(
        Helper{{"/usr/bin/claude"}, interactive, Desk::agent, "Claude Code"},
        Helper{{kModules + "@anthropic-ai/claude-code/cli.js"}, interactive, Desk::agent, "Claude Code"},
        Helper{{kBin + "claude", "-p", "fix it"}, cli, Desk::agent, "Claude Code"},
        Helper{{"/home/a/.local/share/claude/versions/2.0.37"}, interactive, Desk::agent, "Claude Code"},
        Helper{{kModules + "@openai/codex/bin/codex.js"}, interactive, Desk::agent, "Codex"},
        Helper{{"codex", "exec", "fix it"}, cli, Desk::agent, "Codex"},
        Helper{{kBin + "gemini"}, interactive, Desk::agent, "Gemini CLI"},
        Helper{{kModules + "@github/copilot/index.js"}, interactive, Desk::agent, "Copilot CLI"},
        Helper{{"opencode"}, interactive, Desk::agent, "OpenCode"},
        Helper{{"/home/a/.local/share/cursor-agent/versions/2025.1/index.js"},
               interactive,
               Desk::agent,
               "Cursor agent"},
        Helper{{"/srv/app/claude/versions/index"}, Role::none, Desk::none}));

INSTANTIATE_TEST_SUITE_P(
    OfPython, Desks,
    testing::Values(
        Helper{{"python3.11", "-m", "http.server", "80"}, dev_tool, Desk::none, "python -m http.server"},
        Helper{{"python3", "-X", "dev", "/srv/venv/bin/flask", "--app", "x", "run"},
               dev_tool,
               Desk::none,
               "flask run"},
        Helper{{"python3", "manage.py", "runserver"}, dev_tool, Desk::none, "manage.py runserver"},
        Helper{{"python3", "manage.py", "migrate"}, Role::none, Desk::none},
        Helper{{"python3", "-m", "uvicorn", "a:b", "--reload"}, dev_tool, Desk::none, "uvicorn --reload"},
        Helper{{"python3", "/usr/bin/uvicorn", "a:b"}, Role::none, Desk::none, "uvicorn"},
        Helper{{"python3", "/usr/bin/gunicorn", "-D", "a:b"}, Role::none, Desk::none, "gunicorn"},
        Helper{{"python3", "serve.py", "run"}, Role::none, Desk::none},
        Helper{{"python3", "nodemon"}, Role::none, Desk::none},
        Helper{{"python3", "-m", "mcp_server_git"}, Role::none, Desk::mcp_server, "MCP server"},
        Helper{{"python3", "/srv/venv/bin/pylsp"}, dev_tool, Desk::language_server, "language server"},
        Helper{{"python3", "/srv/venv/bin/aider"}, interactive, Desk::agent, "Aider"},
        Helper{{"python3", "-c", "from multiprocessing.spawn import spawn_main; spawn_main(5)",
                "--multiprocessing-fork"},
               Role::none,
               Desk::worker,
               "worker of python's multiprocessing"},
        Helper{{"python3", "-c", "from multiprocessing.resource_tracker import main;main(5)"},
               Role::none,
               Desk::none}));

INSTANTIATE_TEST_SUITE_P(
    Browsers, Desks,
    testing::Values(
        Helper{{"chromium", "--headless=new", "x"}, Role::none, Desk::browser, "headless browser"},
        Helper{{"chrome-headless-shell", "--no-sandbox"}, Role::none, Desk::browser, "headless browser"},
        Helper{{"chromium", "--type=zygote", "--headless"}, Role::none, Desk::none},
        Helper{{"chrome-headless-shell", "--type=renderer"}, Role::none, Desk::none},
        Helper{{"firefox", "-headless"}, Role::none, Desk::browser, "headless browser"},
        Helper{{"chromium"}, Role::none, Desk::none}));

}  // namespace
}  // namespace stray
