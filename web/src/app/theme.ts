// Ant Design in the console's own colours.

import { theme as antd, type ThemeConfig } from "antd";
import type { Theme } from "@/lib/theme";

const colours = {
  dark: {
    colorPrimary: "#3fb3a5", colorInfo: "#5aa6ee", colorSuccess: "#43c488", colorWarning: "#e6ac45", colorError: "#ef7369", colorLink: "#3fb3a5",
    colorBgBase: "#10181f", colorBgLayout: "#0a1015", colorBgContainer: "#10181f", colorBgElevated: "#17222b",
    colorTextBase: "#dde7ec", colorTextSecondary: "#8fa3af", colorTextTertiary: "#8fa3af", colorTextPlaceholder: "#748894",
    colorBorder: "#33454f", colorBorderSecondary: "#22303b", colorTextLightSolid: "#05211e",
  },
  light: {
    colorPrimary: "#0b776b", colorInfo: "#1763ad", colorSuccess: "#0f7a48", colorWarning: "#8f5d00", colorError: "#b9332a", colorLink: "#0b776b",
    colorBgBase: "#ffffff", colorBgLayout: "#eef2f4", colorBgContainer: "#ffffff", colorBgElevated: "#ffffff",
    colorTextBase: "#14212a", colorTextSecondary: "#526672", colorTextTertiary: "#526672", colorTextPlaceholder: "#6d808b",
    colorBorder: "#bfccd3", colorBorderSecondary: "#dce4e8", colorTextLightSolid: "#ffffff",
  },
} as const;

export function antdTheme(theme: Theme): ThemeConfig {
  const c = colours[theme];
  return {
    algorithm: theme === "dark" ? antd.darkAlgorithm : antd.defaultAlgorithm,
    token: {
      ...c,
      fontFamily: "var(--font)",
      fontFamilyCode: "var(--mono)",
      fontSize: 14,
      borderRadius: 6,
      borderRadiusLG: 10,
      wireframe: false,
      motionDurationMid: "0.12s",
      motionDurationSlow: "0.16s",
    },
    components: {
      Table: { headerBg: "transparent", headerColor: c.colorTextSecondary, headerSplitColor: "transparent", cellPaddingBlockSM: 9, rowHoverBg: theme === "dark" ? "#15202a" : "#f2f6f7" },
      Button: { fontWeight: 500, primaryShadow: "none", defaultShadow: "none", dangerShadow: "none" },
      Modal: { titleFontSize: 16 },
      Tree: { nodeSelectedBg: theme === "dark" ? "#1d3038" : "#dcedeb", nodeHoverBg: theme === "dark" ? "#17222b" : "#eef3f4" },
    },
  };
}
