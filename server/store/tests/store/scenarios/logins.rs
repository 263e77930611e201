//! In by password, out by idleness, by an administrator, by a new password; locked after five wrong ones.

use crate::harness::town::{MINUTE, SECOND, code, in_both_towns};
use lianxian_model::audit::AuditResult;
use lianxian_model::people::{IDLE_LOGOUT_MS, LOCK_MS, LOGIN_LIFE_MS};
use lianxian_model::register::WatchEnd;
use lianxian_model::session::SessionEnd;
use lianxian_model::time::Clock;
use lianxian_service::accounts::AccountPatch;
use lianxian_service::demo::DEMO_PASSWORD;
use lianxian_service::ports::live::LinkEnd;

in_both_towns! {
    async fn five_wrong_passwords_lock_for_half_an_hour(town: Town) {
        for _ in 0..4 {
            assert_eq!(code(town.login_with("gongzuoyuan", "Wrong-2026").await), "login_refused");
        }
        let until = town.clock.now().0 + LOCK_MS;
        for password in ["Wrong-2026", DEMO_PASSWORD] {
            let error = town.login_with("gongzuoyuan", password).await.unwrap_err();
            assert_eq!((error.code, error.value), ("account_locked", Some(until.into())));
        }
        assert_eq!(code(town.login_with("nobody", DEMO_PASSWORD).await), "login_refused", "as for a wrong password");
        let audit = town.audit().await;
        let refused: Vec<_> = audit.iter().filter(|row| row.result == AuditResult::Refused).collect();
        assert_eq!(refused.len(), 7);
        assert!(refused.iter().all(|row| row.action == "login.open"));
        assert_eq!(refused[4].reason, "wrong password, account locked");
        assert_eq!(refused[5].reason, "locked");

        town.clock.pass(LOCK_MS - 1);
        assert_eq!(code(town.login_with("gongzuoyuan", DEMO_PASSWORD).await), "account_locked");
        town.clock.pass(1);
        let me = town.login_with(" GongZuoYuan ", DEMO_PASSWORD).await.unwrap().me;
        assert_eq!((me.person.name.as_str(), me.unit.name.as_str()), ("杨静", "华明街道"));
        assert_eq!(code(town.login_with("gongzuoyuan", "Wrong-2026").await), "login_refused", "counted anew");
        town.chain_holds().await;
    }

    async fn an_idle_login_ends_with_all_that_stands_on_it(town: Town) {
        let device = town.device("华明街道司法所");
        let seat = town.seat("zhihuizhang").await;
        let (watch, sessions) = town.watch(&seat, "日常巡查", &[&device.site_id]).await;
        let seen = async |act| town.service.logins.authenticate(&seat.token, "10.1.1.1", act).await;
        town.clock.pass(29 * MINUTE);
        seen(true).await.unwrap();
        town.clock.pass(29 * MINUTE);
        seen(false).await.unwrap();
        town.service.sweep().await.unwrap();
        assert!(town.live.ended().is_empty());
        // The act was half an hour ago; what runs by itself since then counts for nothing.
        town.clock.pass(MINUTE);
        assert_eq!(code(seen(true).await), "login_over");
        town.service.sweep().await.unwrap();

        let mut tx = town.db.read().await;
        let login = tx.login(&seat.login()).await.unwrap().unwrap();
        assert_eq!(login.end_cause.unwrap().as_str(), "idle");
        let session = tx.session(&sessions[0].id).await.unwrap().unwrap();
        assert_eq!((session.end_cause, session.ended_ms), (Some(SessionEnd::LoggedOut), Some(town.clock.now())));
        let watch = tx.watch(&watch.id).await.unwrap().unwrap();
        assert_eq!((watch.end_cause, watch.ended_ms), (Some(WatchEnd::LoggedOut), Some(town.clock.now())));
        assert_eq!(town.live.ended(), [(seat.console.clone(), LinkEnd::LoggedOut)]);
        assert_eq!(town.live.granted(&sessions[0].id), []);
        let ended: Vec<_> = town.audit().await.into_iter().filter(|row| row.action == "login.end").collect();
        assert_eq!(ended.len(), 1);
        assert_eq!(ended[0].detail, r#"{"cause":"idle"}"#);
        town.service.sweep().await.unwrap();
        assert!(town.live.ended().is_empty(), "it is over once");
    }

    async fn a_login_grows_old_however_busy_it_is(town: Town) {
        let token = town.login_with("daiban", DEMO_PASSWORD).await.unwrap().token;
        let mut passed = 0;
        while passed + IDLE_LOGOUT_MS - MINUTE < LOGIN_LIFE_MS {
            passed += IDLE_LOGOUT_MS - MINUTE;
            town.clock.pass(IDLE_LOGOUT_MS - MINUTE);
            town.service.logins.authenticate(&token, "10.1.1.1", true).await.unwrap();
        }
        town.clock.pass(LOGIN_LIFE_MS - passed);
        assert_eq!(code(town.service.logins.authenticate(&token, "10.1.1.1", true).await), "login_over");
    }

    async fn logging_out_leaves_the_other_login_alone(town: Town) {
        let device = town.device("华明街道司法所");
        let (office, home) = (town.seat("zhihuizhang").await, town.seat("zhihuizhang").await);
        let (watch, here) = town.watch(&office, "日常巡查", &[&device.site_id]).await;
        let (same, there) = town.watch(&home, "日常巡查", &[&device.site_id]).await;
        assert_eq!(watch.id, same.id, "one purpose, one watch");
        assert_ne!(here[0].id, there[0].id, "each console has sessions of its own");
        town.service.logins.logout(&office.actor).await.unwrap();
        assert_eq!(town.live.ended(), [(office.console.clone(), LinkEnd::LoggedOut)]);
        assert_eq!((town.live.granted(&here[0].id).len(), town.live.granted(&there[0].id).len()), (0, 1));
        assert!(town.service.watches.current(&home.actor).await.unwrap().is_some());
        town.service.logins.logout(&home.actor).await.unwrap();
        let mut tx = town.db.read().await;
        assert_eq!(tx.open_watches().await.unwrap(), []);
        assert_eq!(tx.open_sessions().await.unwrap(), []);
    }

    async fn a_new_password_ends_the_other_logins(town: Town) {
        let (mine, other) = (town.seat("zhihuizhang").await, town.seat("zhihuizhang").await);
        let change = async |old: &str, new: &str| town.service.logins.change_password(&mine.actor, old, new).await;
        assert_eq!(change("Wrong-2026", "Dongli-2027").await.unwrap_err().field, Some("old"));
        assert_eq!(change(DEMO_PASSWORD, "short").await.unwrap_err().field, Some("new"));
        assert_eq!(change(DEMO_PASSWORD, "Zhihuizhang-1").await.unwrap_err().field, Some("new"));
        assert_eq!(change(DEMO_PASSWORD, DEMO_PASSWORD).await.unwrap_err().field, Some("new"));
        change(DEMO_PASSWORD, "Dongli-2027").await.unwrap();
        town.service.logins.authenticate(&mine.token, "10.1.1.1", true).await.unwrap();
        let over = town.service.logins.authenticate(&other.token, "10.1.1.1", true).await;
        assert_eq!(code(over), "login_over");
        assert_eq!(town.live.ended(), [(other.console.clone(), LinkEnd::LoggedOut)]);
        assert_eq!(code(town.login_with("zhihuizhang", DEMO_PASSWORD).await), "login_refused");
        town.login_with("zhihuizhang", "Dongli-2027").await.unwrap();
        assert!(town.audit().await.iter().all(|row| !row.detail.contains("Dongli-2027")), "no password on record");
    }

    async fn an_administrator_locks_an_account_out_at_once(town: Town) {
        let device = town.device("华明街道司法所");
        let seat = town.seat("zhihuizhang").await;
        let (_, sessions) = town.watch(&seat, "日常巡查", &[&device.site_id]).await;
        let admin = town.login("sysadmin").await;
        let account = seat.actor.account().unwrap().account.clone();
        let locked = |locked| AccountPatch { locked: Some(locked), ..AccountPatch::default() };
        town.clock.pass(SECOND);
        town.service.accounts.update(&admin, &account, locked(true)).await.unwrap();
        assert_eq!(town.live.ended(), [(seat.console.clone(), LinkEnd::Revoked)]);
        let session = town.db.read().await.session(&sessions[0].id).await.unwrap().unwrap();
        assert_eq!(session.end_cause, Some(SessionEnd::Revoked));
        let over = town.service.logins.authenticate(&seat.token, "10.1.1.1", true).await;
        assert_eq!(code(over), "login_over");
        assert!(town.service.net_record().link_rights(&seat.console, None).await.is_err());
        let error = town.login_with("zhihuizhang", DEMO_PASSWORD).await.unwrap_err();
        assert_eq!((error.code, error.value), ("account_locked", None));
        town.service.accounts.update(&admin, &account, locked(false)).await.unwrap();
        town.login_with("zhihuizhang", DEMO_PASSWORD).await.unwrap();
    }
}
