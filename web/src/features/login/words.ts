// The words of the login page.

import { words } from "@/lib/language";

export const loginWords = words(
  {
    product: "连线",
    subtitle: "公共法律服务视频指挥系统",
    account: "账号",
    password: "密码",
    enter: "登录",
    ended: "登录已失效，请重新登录",
    needAccount: "请输入账号",
    needPassword: "请输入密码",
    other: "English",
    light: "浅色",
    dark: "深色",
    station: "这台机器是工作站？前往工作站页面",
  },
  {
    product: "Lianxian",
    subtitle: "Video command for public legal service",
    account: "Account",
    password: "Password",
    enter: "Log in",
    ended: "The login is over, please log in again",
    needAccount: "Enter the account",
    needPassword: "Enter the password",
    other: "中文",
    light: "Light",
    dark: "Dark",
    station: "Is this machine a workstation? Go to its page",
  },
);
