//! What a step of a request's history says on a case's timeline, in both languages.

use lianxian_model::request::Grade;
use serde_json::Value;

/// In Chinese and in English.
pub(super) fn told(kind: &str, actor: &str, detail: &str) -> (String, String) {
    let detail: Value = serde_json::from_str(detail).unwrap_or_default();
    let text = |key: &str| detail.get(key).and_then(Value::as_str).unwrap_or_default().trim().to_owned();
    let after = |said: String, colon: &str| if said.is_empty() { said } else { format!("{colon}{said}") };
    let plain = |zh: &str, en: &str, said: String| {
        (format!("{actor}{zh}{}", after(said.clone(), "：")), format!("{actor} {en}{}", after(said, ": ")))
    };
    let alone = |zh: &str, en: &str| (zh.to_owned(), en.to_owned());
    match kind {
        "raise" => {
            let asker = text("asker");
            let said = text("sentence");
            (
                format!("{asker}发起求助{}", after(said.clone(), "：")),
                format!("{asker} asked for help{}", after(said, ": ")),
            )
        }
        "accept" => plain("受理", "accepted", String::new()),
        "take" => plain("接单", "took it", String::new()),
        "refuse" => plain("拒接", "refused the call", text("reason")),
        "dispatch" => plain("分派给", "handed it to", String::new()).joined(&text("to")),
        "return" => plain("退单", "returned it", text("reason")),
        "connect" => plain("接通会话", "connected", String::new()),
        "disconnect" => alone("会话结束，继续办理", "the session ended, handling goes on"),
        "drop" => alone("连线中断，重新呼叫", "the line was lost, it rings again"),
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
        "call_back" => plain("回访", "called back", text("note")),
        "archive" => plain("归档", "filed it", String::new()),
        "withdraw" => plain("撤销求助", "withdrew the request", text("reason")),
        "merge" => plain("并入另一求助", "merged it into another request", String::new()),
        "remind" => alone("逾期催办", "overdue: a reminder"),
        "direct" => alone("逾期转督办", "overdue: a directive"),
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
    }
}
