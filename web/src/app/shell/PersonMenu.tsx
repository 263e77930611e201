// Who is logged in, and what concerns only them: language, light, logging out.

import { DownOutlined, LogoutOutlined, BulbOutlined, TranslationOutlined, SettingOutlined, ToolOutlined } from "@ant-design/icons";
import { App, Button, Dropdown, type MenuProps } from "antd";
import { useNavigate } from "react-router";
import { logins } from "@/api/calls";
import { tellLoginOver } from "@/api/client";
import { useMe } from "@/api/me";
import { term } from "@/api/terms";
import { setLanguage, useLanguage, useWords } from "@/lib/language";
import { paths } from "@/lib/paths";
import { problemOf } from "@/lib/problem";
import { setTheme, useTheme } from "@/lib/theme";
import { rooms } from "../rooms";
import { appWords } from "../words";
import css from "./shell.module.css";

export function PersonMenu() {
  const me = useMe();
  const language = useLanguage();
  const theme = useTheme();
  const say = useWords(appWords);
  const navigate = useNavigate();
  const { message } = App.useApp();
  const roles = [...new Set(me.roles.map((held) => term("role", held.role, language)))].join(" · ");

  const logOut = async () => {
    try {
      await logins.close();
      tellLoginOver();
      void navigate(paths.home);
    } catch (error) {
      void message.error(problemOf(error).text(language));
    }
  };

  const items: MenuProps["items"] = [
    { key: "who", type: "group", label: `${me.unit.name} · ${roles}` },
    { type: "divider" },
    {
      key: "language",
      icon: <TranslationOutlined />,
      label: language === "zh" ? say.toEnglish : say.toChinese,
      onClick: () => setLanguage(language === "zh" ? "en" : "zh"),
    },
    { key: "theme", icon: <BulbOutlined />, label: theme === "dark" ? say.light : say.dark, onClick: () => setTheme(theme === "dark" ? "light" : "dark") },
    { key: "check", icon: <ToolOutlined />, label: say.check, onClick: () => void navigate(paths.check) },
    ...(rooms.some((room) => room.name === "account")
      ? [{ key: "account", icon: <SettingOutlined />, label: say.rooms.account, onClick: () => void navigate(paths.account) }]
      : []),
    { type: "divider" },
    { key: "logout", icon: <LogoutOutlined />, label: say.logout, onClick: () => void logOut() },
  ];
  return (
    <Dropdown menu={{ items }} trigger={["click"]} placement="bottomRight">
      <Button type="text" className={css.person} aria-label={`${say.menu}: ${me.person.name}`}>
        {me.person.name} <DownOutlined aria-hidden />
      </Button>
    </Dropdown>
  );
}
