//! Pre-shift checks: everybody's own, kept with a verdict, refused when it is no check.

use crate::harness::town::{code, in_both_towns};
use lianxian_model::audit::AuditResult;
use lianxian_model::check::{CheckItem, CheckTopic, CheckVerdict};
use lianxian_service::checks::{CHECK_EVERY_MS, NewCheck};

fn item(topic: CheckTopic, verdict: CheckVerdict, cause: &str) -> CheckItem {
    CheckItem { topic, verdict, cause: cause.into(), figure: Some(8444) }
}

fn new(items: Vec<CheckItem>) -> NewCheck {
    NewCheck { took_ms: 6_000, items }
}

in_both_towns! {
    async fn each_keeps_and_reads_its_own(town: Town) {
        let s = &town.service;
        let udp = || item(CheckTopic::Udp, CheckVerdict::Weak, "udp_blocked");
        let tcp = || item(CheckTopic::Tcp, CheckVerdict::Good, "");
        // A commander, an office head, the three administrators: nobody is left out.
        for account in ["zhihuizhang", "suozhang", "lvshi", "sysadmin", "secadmin", "auditor"] {
            let actor = town.login(account).await;
            assert_eq!(s.checks.last(&actor).await.unwrap(), None);
            let kept = s.checks.keep(&actor, new(vec![udp(), tcp()])).await.unwrap();
            assert_eq!((kept.verdict, kept.name.as_str()), (CheckVerdict::Weak, actor.name()));
            assert_eq!(kept.account_id.as_ref(), actor.account().map(|a| &a.account));
            assert_eq!(s.checks.last(&actor).await.unwrap(), Some(kept));
        }
        let device = town.device("华明街道司法所");
        let actor = town.device_actor(&device).await;
        assert_eq!(s.checks.last(&actor).await.unwrap(), None);
        let kept = s.checks.keep(&actor, new(vec![tcp()])).await.unwrap();
        assert_eq!((kept.verdict, kept.endpoint_id.as_ref()), (CheckVerdict::Good, Some(&device.endpoint_id)));
        assert_eq!(kept.account_id, None);
        assert_eq!(s.checks.last(&actor).await.unwrap(), Some(kept.clone()));
        let audit = town.audit().await;
        let row = audit.iter().rfind(|row| row.action == "check.keep").unwrap();
        assert_eq!((row.object_id.as_str(), row.result), (kept.id.as_str(), AuditResult::Success));
        town.chain_holds().await;
    }

    async fn what_is_no_check_is_refused(town: Town) {
        let s = &town.service;
        let actor = town.login("zhihuizhang").await;
        let udp = || item(CheckTopic::Udp, CheckVerdict::Good, "");
        let refused = [
            new(vec![]),
            new(vec![udp(), udp()]),
            new(vec![item(CheckTopic::Tcp, CheckVerdict::Bad, "<b>no word</b>")]),
            new(vec![item(CheckTopic::Tcp, CheckVerdict::Bad, &"x".repeat(41))]),
            NewCheck { took_ms: -1, items: vec![udp()] },
            NewCheck { took_ms: i64::MAX, items: vec![udp()] },
        ];
        for new in refused {
            assert_eq!(code(s.checks.keep(&actor, new.clone()).await), "invalid", "{new:?}");
        }
        s.checks.keep(&actor, new(vec![udp()])).await.unwrap();
        assert_eq!(code(s.checks.keep(&actor, new(vec![udp()])).await), "check_too_soon");
        town.clock.pass(CHECK_EVERY_MS);
        s.checks.keep(&actor, new(vec![udp()])).await.unwrap();
    }
}
