// Lints, and the one-way rule of imports: app -> features -> {live, api} -> {ui, lib}; features never import each other.

import { dirname, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import reactHooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

const source = resolve(dirname(fileURLToPath(import.meta.url)), "src");

const MAY_IMPORT = {
  app: ["app", "features", "live", "api", "ui", "lib"],
  features: ["features", "live", "api", "ui", "lib"],
  live: ["live", "lib"],
  api: ["api", "lib"],
  ui: ["ui", "lib"],
  lib: ["lib"],
};

/** Where in src an import leads, as [layer, room]; null for packages. */
function place(file, wanted) {
  const path = wanted.startsWith("@/") ? resolve(source, wanted.slice(2)) : wanted.startsWith(".") ? resolve(dirname(file), wanted) : null;
  return path && relative(source, path).split(/[\\/]/);
}

const oneWay = {
  meta: { type: "problem", schema: [] },
  create(context) {
    const [layer, room] = relative(source, context.filename).split(/[\\/]/);
    const check = (node) => {
      if (!node.source || typeof node.source.value !== "string") return;
      const wanted = node.source.value;
      if (layer === "live" && /^(react|react-dom|antd)(\/|$)/.test(wanted)) context.report({ node, message: "live/ knows no React" });
      const to = place(context.filename, wanted);
      if (!to || !(layer in MAY_IMPORT)) return;
      if (!MAY_IMPORT[layer].includes(to[0])) context.report({ node, message: `${layer}/ may not import ${to[0]}/` });
      if (layer === "features" && to[0] === "features" && to[1] !== room) {
        context.report({ node, message: `features/${room} may not import features/${to[1]}` });
      }
    };
    return { ImportDeclaration: check, ImportExpression: check, ExportNamedDeclaration: check, ExportAllDeclaration: check };
  },
};

export default tseslint.config(
  { ignores: ["dist", "src/api/generated"] },
  ...tseslint.configs.strict,
  reactHooks.configs.flat["recommended-latest"],
  {
    files: ["src/**/*.{ts,tsx}"],
    plugins: { house: { rules: { "one-way": oneWay } } },
    rules: {
      "house/one-way": "error",
      "no-console": "error",
      eqeqeq: ["error", "always", { null: "ignore" }],
      "@typescript-eslint/consistent-type-imports": "error",
    },
  },
);
