//! Duty 值班: who is on, in which role, how they are reached and what they are versed in.

use crate::words;

words! {
    /// The rungs of the ladder that a call climbs, and the reserve beside it.
    DutyRole {
        Operator = "operator", "值班员", "operator";
        ShiftChief = "shift_chief", "值班长", "shift chief";
        DutyLeader = "duty_leader", "带班领导", "duty leader";
        Reserve = "reserve", "备班", "reserve";
    }
}

words! {
    /// Where someone on duty is, and so how a call reaches them.
    DutyMode {
        Office = "office", "所内", "in the office";
        Visiting = "visiting", "走访", "visiting";
        Phone = "phone", "电话值守", "by phone";
        Appointment = "appointment", "预约", "by appointment";
    }
}

words! {
    /// What a request needs and a person on duty is versed in.
    Skill {
        General = "general", "综合咨询", "general advice";
        Mediation = "mediation", "人民调解", "people's mediation";
        LegalAid = "legal_aid", "法律援助", "legal aid";
        Notary = "notary", "公证", "notary";
        Appraisal = "appraisal", "司法鉴定", "forensic appraisal";
        Correction = "correction", "社区矫正", "community correction";
        Psychology = "psychology", "心理疏导", "counselling";
        Technical = "technical", "设备技术", "equipment";
    }
}
