//! Days on a line: from the first that anything is known of to the last.

use jiff::civil::Date;

/// Steps between marks, in months.
const STEPS: [i32; 8] = [1, 2, 3, 6, 12, 24, 60, 120];

/// More marks than this run into each other on a narrow screen.
const MOST_MARKS: i32 = 7;

/// A line this short has its two ends for marks.
const SHORT: i32 = 62;

/// A day, counted from 1970-01-01.
pub(super) type Day = i32;

/// The day with which a time begins that a commit or a service gives.
pub(super) fn day(time: &str) -> Option<Day> {
    Some(number(time.get(..10)?.parse().ok()?))
}

fn number(date: Date) -> Day {
    i32::try_from(date.duration_since(epoch()).as_hours() / 24).unwrap_or_default()
}

fn date(day: Day) -> Date {
    epoch().checked_add(jiff::SignedDuration::from_hours(i64::from(day) * 24)).unwrap_or(epoch())
}

const fn epoch() -> Date {
    jiff::civil::date(1970, 1, 1)
}

/// Where days are on a line, in hundredths of its length.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scale {
    from: Day,
    to: Day,
}

impl Scale {
    /// A line that has all these days, and a little room behind the last one: what goes on, goes on
    /// beyond it.
    pub(super) fn of(days: impl Iterator<Item = Day>) -> Option<Self> {
        let (from, last) = days.fold(None, |ends: Option<(Day, Day)>, day| {
            Some(ends.map_or((day, day), |(from, to)| (from.min(day), to.max(day))))
        })?;
        Some(Self { from, to: last + ((last - from) / 20).max(1) })
    }

    pub(super) fn at(self, day: Day) -> f64 {
        f64::from(day - self.from) / f64::from(self.to - self.from) * 100.0
    }

    /// Days to mark, and what to write there.
    pub(super) fn marks(self) -> Vec<(f64, String)> {
        if self.to - self.from <= SHORT {
            return vec![(0.0, date(self.from).to_string())];
        }
        let (first, last) = (month(date(self.from)), month(date(self.to)));
        let step = step(last - first, MOST_MARKS);
        let months = (first + 1..=last).filter(|month| month % step == 0);
        months.map(|month| (self.at(start(month)), label(month, step))).collect()
    }
}

/// Months since the year 0.
fn month(date: Date) -> i32 {
    i32::from(date.year()) * 12 + i32::from(date.month()) - 1
}

/// The first day of a month.
fn start(month: i32) -> Day {
    let part = |number: i32| i8::try_from(number % 12 + 1).unwrap_or(1);
    let year = i16::try_from(month / 12).unwrap_or_default();
    Date::new(year, part(month), 1).map_or(0, number)
}

/// The shortest step that makes no more than `most` of so many months.
fn step(months: i32, most: i32) -> i32 {
    STEPS.into_iter().find(|step| months / step < most).unwrap_or(STEPS[STEPS.len() - 1])
}

fn label(month: i32, step: i32) -> String {
    if step % 12 == 0 {
        (month / 12).to_string()
    } else {
        format!("{}-{:02}", month / 12, month % 12 + 1)
    }
}

/// How many of the days are in each period, from the first period with one to the last: what to
/// call a period, and the number.
pub(super) fn periods(days: &[Day], most: i32) -> Vec<(String, u64)> {
    let months = || days.iter().map(|day| month(date(*day)));
    let (Some(first), Some(last)) = (months().min(), months().max()) else { return Vec::new() };
    let step = step(last - first, most);
    let (first, last) = (first / step, last / step);
    let mut counts = vec![0; usize::try_from(last - first + 1).unwrap_or(1)];
    for month in months() {
        counts[usize::try_from(month / step - first).unwrap_or_default()] += 1;
    }
    (first..).map(|period| label(period * step, step)).zip(counts).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_from_whatever_begins_with_one() {
        assert_eq!(day("1970-01-02"), Some(1));
        assert_eq!(day("2024-03-01T09:30:00+01:00"), Some(19_783));
        assert_eq!(day("2024-03-01T12:00:00+0000"), day("2024-03-01"));
        assert_eq!(day("1969-12-31"), Some(-1));
        for bad in ["", "never", "2024-13-01", "1709294400000", "é024-03-01x"] {
            assert_eq!(day(bad), None, "{bad}");
        }
        assert_eq!(date(19_783).to_string(), "2024-03-01");
    }

    #[test]
    fn a_line_has_room_behind_the_last_day() {
        let scale = Scale::of([100, 0, 60].into_iter()).expect("days");
        assert_eq!(scale, Scale { from: 0, to: 105 });
        assert!(scale.at(0).abs() < 0.01 && (scale.at(100) - 95.24).abs() < 0.01);
        let one = Scale::of([5].into_iter()).expect("a day");
        assert_eq!(one, Scale { from: 5, to: 6 });
        assert_eq!(Scale::of(std::iter::empty()), None);
    }

    #[test]
    fn marks_are_few_and_say_what_they_are() {
        let marks = |from: &str, to: &str| {
            let days = [from, to].map(|text| day(text).expect("a day"));
            let scale = Scale::of(days.into_iter()).expect("days");
            scale.marks().into_iter().map(|(_, label)| label).collect::<Vec<_>>()
        };
        assert_eq!(marks("2024-03-05", "2024-03-06"), ["2024-03-05"]);
        assert_eq!(marks("2024-01-05", "2024-08-01"), ["2024-03", "2024-05", "2024-07"],);
        assert_eq!(
            marks("2017-06-01", "2023-02-01"),
            ["2018", "2019", "2020", "2021", "2022", "2023"]
        );
        assert!(marks("1970-01-01", "2099-01-01").len() <= 13);
    }

    #[test]
    fn every_day_is_in_one_period() {
        let days: Vec<Day> =
            ["2020-01-31", "2020-02-01", "2021-12-31"].map(day).into_iter().flatten().collect();
        let periods = periods(&days, 12);
        assert_eq!(periods.len(), 12, "{periods:?}");
        assert_eq!(periods[0], ("2020-01".to_owned(), 2));
        assert_eq!(periods[11], ("2021-11".to_owned(), 1));
        assert_eq!(periods.iter().map(|(_, count)| count).sum::<u64>(), 3);
        assert!(super::periods(&[], 5).is_empty());
    }
}
