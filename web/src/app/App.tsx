// Everything that the rooms stand in: theme, language, query cache, login gate, router.

import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { App as AntApp, ConfigProvider } from "antd";
import enUS from "antd/locale/en_US";
import zhCN from "antd/locale/zh_CN";
import { useEffect } from "react";
import { RouterProvider } from "react-router";
import { setLanguage, useLanguage } from "@/lib/language";
import { Problem } from "@/lib/problem";
import { setTheme, useTheme } from "@/lib/theme";
import { router } from "./router";
import { antdTheme } from "./theme";

/** Tries again what may heal by itself; what the server decided stays decided. */
function mayHeal(failures: number, error: unknown): boolean {
  const passing = error instanceof Problem && (error.status === 0 || error.status >= 502);
  return passing && failures < 20;
}

const client = new QueryClient({
  defaultOptions: {
    // `always`: the browser's idea of being online is about the internet, which this system does not need.
    queries: { staleTime: 20_000, networkMode: "always", retry: mayHeal, retryDelay: (n) => Math.min(500 * 2 ** n, 5_000) },
    mutations: { networkMode: "always" },
  },
});

export function App() {
  const language = useLanguage();
  const theme = useTheme();
  useEffect(() => setTheme(theme), [theme]);
  useEffect(() => setLanguage(language), [language]);
  return (
    <ConfigProvider locale={language === "zh" ? zhCN : enUS} theme={antdTheme(theme)} button={{ autoInsertSpace: false }}>
      <AntApp component={false} message={{ maxCount: 3 }}>
        <QueryClientProvider client={client}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </AntApp>
    </ConfigProvider>
  );
}
