//! Roles, the rights that they carry, and what may not be held together.

use crate::ids::{AccountId, GrantId, UnitId};
use crate::time::Millis;
use crate::words;
use serde::{Deserialize, Serialize};

words! {
    Role {
        Commander = "commander", "指挥长", "commander";
        DutyLeader = "duty_leader", "带班领导", "duty leader";
        ShiftChief = "shift_chief", "值班长", "shift chief";
        Operator = "operator", "值班员", "operator";
        Inspector = "inspector", "督导员", "inspector";
        Expert = "expert", "专家", "expert";
        OfficeHead = "office_head", "司法所所长", "office head";
        Staff = "staff", "工作人员", "staff";
        Adviser = "adviser", "村居法律顾问", "village adviser";
        Trainer = "trainer", "教官", "trainer";
        Evaluator = "evaluator", "考官", "evaluator";
        Player = "player", "参训人员", "player";
        SystemAdmin = "system_admin", "系统管理员", "system administrator";
        SecurityAdmin = "security_admin", "安全管理员", "security administrator";
        AuditAdmin = "audit_admin", "审计管理员", "audit administrator";
    }
}

words! {
    Right {
        WallWatch = "wall.watch", "视频巡查", "watch sites";
        SessionsRead = "sessions.read", "查看会话记录", "read sessions";
        CasesLink = "cases.link", "关联案件", "link cases";
        RegisterRead = "register.read", "查看调用登记", "read the view register";
        StationLedger = "station.ledger", "查看被看账本", "read the watched-ledger";
        DutyRead = "duty.read", "查看值班", "read the duty roster";
        DutyManage = "duty.manage", "安排值班", "plan the duty roster";
        RequestsRaise = "requests.raise", "发起求助", "ask for help";
        RequestsRead = "requests.read", "查看求助", "read help requests";
        RequestsAnswer = "requests.answer", "受理求助", "answer help requests";
        RequestsManage = "requests.manage", "调度求助", "dispatch help requests, approve suspensions and extensions";
        DirectivesRead = "directives.read", "查看督办", "read directives";
        DirectivesIssue = "directives.issue", "下发督办", "issue and review directives";
        DirectivesAnswer = "directives.answer", "办理督办", "sign for directives and report back";
        OrgRead = "org.read", "查看机构", "read the org tree";
        OrgManage = "org.manage", "管理机构和终端", "manage the org tree";
        AccountsManage = "accounts.manage", "管理账号", "manage accounts";
        RightsManage = "rights.manage", "管理授权", "manage role grants";
        AuditRead = "audit.read", "查看审计", "read the audit";
    }
}

impl Role {
    /// One of the three administrators 三员, who exclude each other and everything else.
    pub fn is_administrator(self) -> bool {
        matches!(self, Role::SystemAdmin | Role::SecurityAdmin | Role::AuditAdmin)
    }

    pub fn rights(self) -> &'static [Right] {
        use Right::*;
        match self {
            Role::Commander | Role::DutyLeader | Role::ShiftChief => &[
                WallWatch,
                SessionsRead,
                CasesLink,
                RegisterRead,
                StationLedger,
                DutyRead,
                DutyManage,
                RequestsRead,
                RequestsAnswer,
                RequestsManage,
                DirectivesRead,
                DirectivesIssue,
                OrgRead,
            ],
            Role::Operator => &[
                WallWatch,
                SessionsRead,
                CasesLink,
                RegisterRead,
                StationLedger,
                DutyRead,
                RequestsRead,
                RequestsAnswer,
                DirectivesRead,
                OrgRead,
            ],
            Role::Inspector => &[
                WallWatch,
                SessionsRead,
                CasesLink,
                RegisterRead,
                StationLedger,
                DutyRead,
                RequestsRead,
                DirectivesRead,
                DirectivesIssue,
                OrgRead,
            ],
            Role::OfficeHead => &[
                SessionsRead,
                CasesLink,
                RegisterRead,
                StationLedger,
                DutyRead,
                RequestsRaise,
                RequestsRead,
                DirectivesRead,
                DirectivesAnswer,
                OrgRead,
            ],
            Role::Staff | Role::Adviser => {
                &[StationLedger, DutyRead, RequestsRaise, RequestsRead, DirectivesRead, DirectivesAnswer, OrgRead]
            }
            Role::Expert => &[DutyRead, RequestsRead, RequestsAnswer, OrgRead],
            Role::Trainer | Role::Evaluator | Role::Player => &[OrgRead],
            Role::SystemAdmin => &[OrgRead, OrgManage, AccountsManage],
            Role::SecurityAdmin => &[OrgRead, RightsManage],
            Role::AuditAdmin => &[OrgRead, AuditRead],
        }
    }
}

/// Two roles that one account may not hold together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{held} and {wanted} exclude each other on one account")]
pub struct RoleClash {
    pub held: Role,
    pub wanted: Role,
}

/// 三员: an administrator's account is that administrator's alone, and of one kind.
pub fn check_exclusive(held: &[Role], wanted: Role) -> Result<(), RoleClash> {
    match held.iter().find(|held| **held != wanted && (held.is_administrator() || wanted.is_administrator())) {
        Some(held) => Err(RoleClash { held: *held, wanted }),
        None => Ok(()),
    }
}

/// A role given to an account over a unit and everything under it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RoleGrant {
    pub id: GrantId,
    pub account_id: AccountId,
    pub role: Role,
    pub unit_id: UnitId,
    pub given_ms: Millis,
    pub given_by: Option<AccountId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn administrators_exclude_each_other_and_everyone() {
        for a in Role::ALL {
            for b in Role::ALL {
                let clash = a != b && (a.is_administrator() || b.is_administrator());
                assert_eq!(check_exclusive(&[*a], *b).is_err(), clash, "{a} + {b}");
            }
        }
    }

    #[test]
    fn nobody_who_manages_may_watch_or_read_the_audit() {
        for role in Role::ALL {
            let rights = role.rights();
            let has = |right| rights.contains(&right);
            assert!(!(has(Right::AuditRead) && *role != Role::AuditAdmin), "{role}");
            assert!(!(role.is_administrator() && has(Right::WallWatch)), "{role}");
            assert!(!(has(Right::AccountsManage) && has(Right::RightsManage)), "{role}");
        }
    }
}
