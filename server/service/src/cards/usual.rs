//! The cards that a district begins with. A law card says in short what an article is about, and names it; the law's own words are read there.

use lianxian_model::card::CardKind::{self, Law, Note, Phrase};
use lianxian_model::case::CaseKind;

/// Kind, title, text, and the kind of cases that a template is for.
pub(super) const CARDS: &[(CardKind, &str, &str, Option<CaseKind>)] = &[
    (Phrase, "", "请确认能否听清。", None),
    (Phrase, "", "请把镜头固定，对准材料。", None),
    (Phrase, "", "请把材料靠近镜头，放平。", None),
    (Phrase, "", "请出示当事人身份证件正面。", None),
    (Phrase, "", "请当事人在此处签名并按指印。", None),
    (Phrase, "", "请稍等，正在请专家加入。", None),
    (Phrase, "", "办理完成，请核对后结束会话。", None),
    (
        Law,
        "《法律援助法》第三十一条",
        "哪些民事、行政事项可以因经济困难申请法律援助，如给付赡养费、抚养费、劳动报酬等。",
        None,
    ),
    (Law, "《法律援助法》第三十二条", "哪些情形申请法律援助不受经济困难条件限制。", None),
    (Law, "《法律援助法》第四十一条", "申请人如实说明经济困难状况，以及怎样核查、承诺。", None),
    (Law, "《人民调解法》第三条", "调解的原则：自愿平等、合法、尊重当事人权利，不得因调解阻止其依法维权。", None),
    (Law, "《人民调解法》第三十一条", "调解协议的约束力，以及对履行的督促。", None),
    (Law, "《人民调解法》第三十三条", "协议生效之日起三十日内，双方可以共同申请司法确认。", None),
    (
        Note,
        "人民调解记录",
        "一、当事人及身份核对：\n二、纠纷事由与各方主张：\n三、权利义务与调解原则告知：\n四、调解经过：\n\
         五、达成的意见（或未达成的原因）：\n六、履行方式与期限：\n七、是否申请司法确认：",
        Some(CaseKind::Mediation),
    ),
    (
        Note,
        "法律援助指引记录",
        "一、申请人及身份核对：\n二、申请事项：\n三、经济状况说明（或免于审查的情形）：\n四、应当补交的材料：\n\
         五、告知的权利与办理时限：\n六、下一步：",
        Some(CaseKind::LegalAid),
    ),
    (Note, "咨询记录", "一、咨询人：\n二、咨询的问题：\n三、答复要点与依据：\n四、建议办理的途径：", None),
];

#[cfg(test)]
mod tests {
    use super::*;
    use lianxian_model::card::CARD_TITLE_MAX_CHARS;

    #[test]
    fn the_usual_cards_are_within_their_own_bounds() {
        for (kind, title, text, _) in CARDS {
            assert!(text.chars().count() <= kind.text_max_chars() && !text.is_empty(), "{title}{text}");
            assert!(title.chars().count() <= CARD_TITLE_MAX_CHARS && title.is_empty() != kind.needs_title(), "{title}");
        }
    }
}
