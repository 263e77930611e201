//! What a step of a request's or a directive's history says on a case's timeline, in both languages.

use crate::guests::scope_told;
use lianxian_model::request::Grade;
use serde_json::Value;

/// The text that a detail has under this key, or nothing.
fn text_of(detail: &Value, key: &str) -> String {
    detail.get(key).and_then(Value::as_str).unwrap_or_default().trim().to_owned()
}

/// What was said, behind what was done.
fn after(said: String, colon: &str) -> String {
    if said.is_empty() { said } else { format!("{colon}{said}") }
}

fn by(actor: &str, zh: &str, en: &str, said: String) -> (String, String) {
    (format!("{actor}{zh}{}", after(said.clone(), "：")), format!("{actor} {en}{}", after(said, ": ")))
}

fn alone(zh: &str, en: &str) -> (String, String) {
    (zh.to_owned(), en.to_owned())
}

/// Of a directive, in Chinese and in English.
pub(super) fn told_of_directive(kind: &str, actor: &str, detail: &str) -> (String, String) {
    let detail: Value = serde_json::from_str(detail).unwrap_or_default();
    let text = |key: &str| text_of(&detail, key);
    match kind {
        "issue" => by(actor, "下发督办单", "issued a directive", text("finding")),
        "sign" => by(actor, "签收督办单", "signed for it", String::new()),
        "report" => by(actor, "反馈", "reported back", text("text")),
        "close" => by(actor, "复核销号", "closed it", text("note")),
        "return" => by(actor, "退回整改", "returned it", text("reason")),
        "escalate" => by(actor, "升级督办", "escalated it", text("reason")),
        "overdue" => alone("督办逾期未反馈", "nothing was reported in time"),
        "review_overdue" => alone("反馈逾期未复核", "the report was not judged in time"),
        "escalated" => alone("督办自动升级", "escalated by time"),
        other => by(actor, other, other, String::new()),
    }
}

/// Of a request, in Chinese and in English.
pub(super) fn told(kind: &str, actor: &str, detail: &str) -> (String, String) {
    let detail: Value = serde_json::from_str(detail).unwrap_or_default();
    let text = |key: &str| text_of(&detail, key);
    let plain = |zh: &str, en: &str, said: String| by(actor, zh, en, said);
    match kind {
        "raise" => {
            let asker = text("asker");
            let said = text("sentence");
            (
                format!("{asker}发起求助{}", after(said.clone(), "：")),
                format!("{asker} asked for help{}", after(said, ": ")),
            )
        }
        "photo" => plain("拍了一张照片", "took a photo", String::new()),
        "accept" => plain("受理", "accepted", String::new()),
        "take" => plain("接单", "took it", String::new()),
        "refuse" => plain("拒接", "refused the call", text("reason")),
        "dispatch" => plain("分派给", "handed it to", String::new()).joined(&text("to")),
        "return" => plain("退单", "returned it", text("reason")),
        "connect" => plain("接通会话", "connected", String::new()),
        "disconnect" => alone("会话结束，继续办理", "the session ended, handling goes on"),
        "drop" => alone("连线中断，重新呼叫", "the line was lost, it rings again"),
        "lead" => plain("接替主持", "leads the session on", String::new()),
        "plead_suspend" => plain("申请挂起", "asked for a suspension", text("reason")),
        "plead_extend" => plain("申请延期", "asked for more time", text("reason")),
        "grant" => plain("同意申请", "approved the application", String::new()),
        "deny" => plain("不同意申请", "denied the application", String::new()),
        "resume" => plain("恢复办理", "took it up again", String::new()),
        "suspension_ended" => alone("挂起到期，恢复办理", "the suspension ended"),
        "finish" => plain("办理完毕", "finished it", text("result")),
        "confirm" => plain("确认办结", "confirmed that it is done", String::new()),
        "confirmed_by_silence" => alone("逾期未确认，视为办结", "taken as confirmed: nobody objected in time"),
        "object" => plain("不同意办结", "did not agree that it is done", text("reason")),
        "evaluate" => {
            let grade = Grade::parse(&text("grade"));
            let said = text("text");
            (
                format!("{actor}评价：{}{}", grade.map_or("", Grade::zh), after(said.clone(), "，")),
                format!("{actor} judged it: {}{}", grade.map_or("", Grade::en), after(said, ", ")),
            )
        }
        "call_back_due" => alone("不满意评价，须回访", "a call-back is due"),
        "call_back_overdue" => alone("逾期未回访，催办", "nobody was called back in time: a reminder"),
        "call_back" => plain("回访", "called back", text("note")),
        "guest_link" => plain("发出来访链接", "made a guest link", String::new()),
        "guest_link_revoked" => plain("撤销来访链接", "revoked a guest link", text("reason")),
        "guest_opened" => alone("来访链接被打开", "a guest link was opened"),
        "guest_removed" => plain("移出来访人", "removed a guest", text("reason")),
        "consent" => {
            let (zh, en) = scope_told(&detail);
            (format!("{actor}同意知情同意书（{zh}）"), format!("{actor} agreed to the consent text ({en})"))
        }
        "consent_withdrawn" => plain("撤回同意", "withdrew the consent", text("reason")),
        "archive" => plain("归档", "filed it", String::new()),
        "withdraw" => plain("撤销求助", "withdrew the request", text("reason")),
        "merge" => plain("并入另一求助", "merged it into another request", String::new()),
        "remind" => alone("逾期催办", "overdue: a reminder"),
        "directive" => plain("下发督办单", "issued a directive", text("directive")),
        "direct" => alone("逾期，自动下发督办单", "overdue: a directive was issued,").joined(&text("directive")),
        other => plain(other, other, String::new()),
    }
}

/// A name behind both texts.
trait Joined {
    fn joined(self, name: &str) -> Self;
}

impl Joined for (String, String) {
    fn joined(self, name: &str) -> Self {
        (format!("{}{name}", self.0), format!("{} {name}", self.1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_says_who_did_what_and_why() {
        let (zh, en) = told("finish", "李明", r#"{"result":"已和解"}"#);
        assert_eq!((zh.as_str(), en.as_str()), ("李明办理完毕：已和解", "李明 finished it: 已和解"));
        assert_eq!(told("dispatch", "李明", r#"{"to":"孙雅琴"}"#).0, "李明分派给孙雅琴");
        assert_eq!(told("evaluate", "张三", r#"{"grade":"satisfied","text":""}"#).0, "张三评价：满意");
        assert_eq!(told("raise", "系统", r#"{"asker":"张三","sentence":""}"#).0, "张三发起求助");
        assert_eq!(told("accept", "李明", "not json").0, "李明受理");
        let (zh, en) = told_of_directive("issue", "赵海涛", r#"{"finding":"窗口无人值守"}"#);
        assert_eq!(
            (zh.as_str(), en.as_str()),
            ("赵海涛下发督办单：窗口无人值守", "赵海涛 issued a directive: 窗口无人值守")
        );
    }
}
