//! The library: the usual cards of a district, who edits, who reads, and that nothing is lost.

use crate::harness::town::{code, in_both_towns};
use lianxian_model::card::{CARDS_A_UNIT, CardKind};
use lianxian_model::case::CaseKind;
use lianxian_service::cards::{CardChange, NewCard};

in_both_towns! {
    async fn a_district_begins_with_the_usual_cards_and_edits_them(town: Town) {
        let s = &town.service.cards;
        let (chief, operator, office) =
            (town.login("zhibanzhang").await, town.login("zhibanyuan").await, town.login("gongzuoyuan").await);
        let board = s.board(&operator, None).await.unwrap();
        assert!(!board.may_edit && board.cards.iter().any(|card| card.text == "请确认能否听清。"));
        let again = s.board(&chief, None).await.unwrap();
        assert_eq!((again.cards.len(), again.may_edit), (board.cards.len(), true), "they are put in once");

        let new = |kind, title: &str, text: &str| NewCard {
            unit_id: again.unit_id.clone(), kind, title: title.into(), text: text.into(), case_kind: Some(CaseKind::Mediation),
        };
        town.refused(&operator, "card.make", s.make(&operator, new(CardKind::Phrase, "", "您好"))).await;
        let nameless = s.make(&chief, new(CardKind::Law, " ", "调解协议的约束力")).await.unwrap_err();
        assert_eq!(nameless.field, Some("title"));
        let long = s.make(&chief, new(CardKind::Phrase, "", &"长".repeat(201))).await.unwrap_err();
        assert_eq!((long.field, long.limit), (Some("text"), Some(200)));
        let phrase = s.make(&chief, new(CardKind::Phrase, "", " 您好 ")).await.unwrap();
        assert_eq!((phrase.text.as_str(), phrase.case_kind, phrase.version), ("您好", None, 1), "a kind of case is a template's");
        let note = s.make(&chief, new(CardKind::Note, "回访记录", "一、")).await.unwrap();
        assert_eq!(note.case_kind, Some(CaseKind::Mediation));

        // Withdrawn it is offered to nobody, kept for whoever edits, and can be put back; an old version changes nothing.
        let change = |version, withdrawn| CardChange { version, title: String::new(), text: "您好。".into(), case_kind: None, withdrawn };
        let withdrawn = s.change(&chief, &phrase.id, change(1, true)).await.unwrap();
        assert_eq!((withdrawn.version, withdrawn.changed_by.as_str()), (2, "王淑敏"));
        assert_eq!(code(s.change(&chief, &phrase.id, change(1, false)).await), "changed_meanwhile");
        let holds = async |actor| s.board(actor, None).await.unwrap().cards.iter().any(|card| card.id == phrase.id);
        assert_eq!((holds(&operator).await, holds(&chief).await), (false, true));
        s.change(&chief, &phrase.id, change(2, false)).await.unwrap();
        assert!(holds(&operator).await);
        // An office under the district has the district's.
        assert!(holds(&office).await);
        town.chain_holds().await;
    }

    async fn a_unit_has_a_named_number_of_cards(town: Town) {
        let s = &town.service.cards;
        let chief = town.login("zhibanzhang").await;
        let board = s.board(&chief, None).await.unwrap();
        let new = |n: usize| NewCard {
            unit_id: board.unit_id.clone(), kind: CardKind::Phrase, title: String::new(), text: format!("第 {n} 句"), case_kind: None,
        };
        for n in board.cards.len()..CARDS_A_UNIT {
            s.make(&chief, new(n)).await.unwrap();
        }
        let full = s.make(&chief, new(0)).await.unwrap_err();
        assert_eq!((full.code, full.limit), ("too_many_cards", Some(CARDS_A_UNIT as i64)));
        // Withdrawn ones count: they are kept.
        let first = &board.cards[0];
        let gone = CardChange {
            version: first.version, title: first.title.clone(), text: first.text.clone(), case_kind: None, withdrawn: true,
        };
        s.change(&chief, &first.id, gone).await.unwrap();
        assert_eq!(code(s.make(&chief, new(0)).await), "too_many_cards");
    }
}
