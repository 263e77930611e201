// Common findings: what was found, what is to be done, and how many hours that may take; each is only a beginning to be edited.

import type { Language } from "@/lib/language";

export interface Template {
  name: string;
  finding: string;
  demand: string;
  hours: number;
}

export const templates: Record<Language, readonly Template[]> = {
  zh: [
    { name: "窗口无人", finding: "窗口无人值守", demand: "立即到岗，说明原因，反馈到岗照片", hours: 2 },
    { name: "脱岗睡岗", finding: "工作人员脱岗、睡岗或玩手机", demand: "立即纠正，对当事人提醒谈话，反馈整改情况", hours: 24 },
    { name: "着装标识", finding: "未着工装或未佩戴工牌", demand: "按规定着装、佩戴工牌，反馈照片", hours: 24 },
    { name: "环境卫生", finding: "接待场所环境杂乱", demand: "整理接待场所，反馈整改后照片", hours: 24 },
    { name: "公示不全", finding: "服务指南、收费和监督电话公示不全", demand: "补齐公示内容，反馈照片", hours: 72 },
    { name: "设备遮挡", finding: "摄像头被遮挡或角度偏移", demand: "恢复摄像头位置，反馈画面正常", hours: 4 },
  ],
  en: [
    { name: "Nobody there", finding: "Nobody at the window", demand: "Be there at once, say why, send a picture", hours: 2 },
    { name: "Inattentive", finding: "Staff absent, asleep or on the phone", demand: "Correct it at once, talk to the person, report back", hours: 24 },
    { name: "Dress", finding: "No uniform or badge", demand: "Dress as required, send a picture", hours: 24 },
    { name: "Untidy", finding: "The reception is untidy", demand: "Tidy it, send a picture", hours: 24 },
    { name: "Notices", finding: "Guide, fees or complaint number not on show", demand: "Put them up, send a picture", hours: 72 },
    { name: "Camera", finding: "The camera is covered or turned away", demand: "Put it right, report that the picture is good", hours: 4 },
  ],
};
