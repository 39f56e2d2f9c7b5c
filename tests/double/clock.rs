//! A server's clock and the ways in which servers write a time.

use std::time::{SystemTime, UNIX_EPOCH};

const DAY_SECONDS: i64 = 86_400;
const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// How a server's clock differs from this machine's. Times are milliseconds since 1970.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Clock {
    /// How far it is ahead of this machine's; negative if behind.
    pub(crate) ahead_ms: i64,
    /// The server's time zone, east of Greenwich.
    pub(crate) zone_minutes: i64,
}

impl Clock {
    pub(crate) fn now(self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
        i64::try_from(since.as_millis()).expect("a time that fits") + self.ahead_ms
    }

    /// As the `Date` header has it, always in GMT.
    pub(crate) fn http_date(self) -> String {
        http_date(self.now())
    }

    /// The server's date of today: `2026-03-01`.
    pub(crate) fn today(self) -> String {
        let (year, month, day) =
            civil((self.now() / 1000 + self.zone_minutes * 60).div_euclid(DAY_SECONDS));
        format!("{year:04}-{month:02}-{day:02}")
    }

    /// `2015-08-02T15:44:27+0200`: the offset has no colon.
    pub(crate) fn with_offset(self, at_ms: i64) -> String {
        let (date, time) = parts(at_ms.div_euclid(1000) + self.zone_minutes * 60);
        let (year, month, day) = date;
        let sign = if self.zone_minutes < 0 { '-' } else { '+' };
        let (hours, minutes) = (self.zone_minutes.abs() / 60, self.zone_minutes.abs() % 60);
        format!("{year:04}-{month:02}-{day:02}T{time}{sign}{hours:02}{minutes:02}")
    }
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`.
pub(crate) fn http_date(at_ms: i64) -> String {
    let seconds = at_ms.div_euclid(1000);
    let ((year, month, day), time) = parts(seconds);
    let weekday = index(seconds.div_euclid(DAY_SECONDS).rem_euclid(7));
    let month = MONTHS[index(month - 1)];
    format!("{}, {day:02} {month} {year} {time} GMT", WEEKDAYS[weekday])
}

/// Midnight UTC of a date such as `2026-03-01`.
pub(crate) fn midnight(date: &str) -> Option<i64> {
    let numbers: Vec<i64> = date.split('-').filter_map(|part| part.parse().ok()).collect();
    let [year, month, day] = numbers[..] else { return None };
    (0..=days(year, 12, 31))
        .contains(&days(year, month, day))
        .then(|| days(year, month, day) * DAY_SECONDS * 1000)
}

fn parts(seconds: i64) -> ((i64, i64, i64), String) {
    let of_day = seconds.rem_euclid(DAY_SECONDS);
    let time = format!("{:02}:{:02}:{:02}", of_day / 3600, of_day / 60 % 60, of_day % 60);
    (civil(seconds.div_euclid(DAY_SECONDS)), time)
}

/// Days since 1970 of a date of the Gregorian calendar, counted in years that begin in March.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + of_year
        - 719_468
}

/// The date of a day since 1970: the year is guessed low and corrected.
fn civil(day: i64) -> (i64, i64, i64) {
    let mut year = 1969 + day.div_euclid(366);
    while days(year + 1, 1, 1) <= day {
        year += 1;
    }
    let month = (1..=12).rev().find(|&month| days(year, month, 1) <= day).unwrap_or(1);
    (year, month, day - days(year, month, 1) + 1)
}

fn index(number: i64) -> usize {
    usize::try_from(number).expect("within the table")
}
