//! Dates as text: `Intl.DateTimeFormat`, and the `toLocale…String` methods of dates.

use boa_engine::JsResult;

use super::{
    date_options::{Content, DateRequest},
    parts::Parts,
    pattern, refusal,
    zone::ZoneName,
};

impl DateRequest {
    /// The pattern that is filled in, and how the name of the zone in it is written.
    pub(super) fn pattern(&self) -> (String, Option<ZoneName>) {
        let (date, time) = match self.content {
            Content::Fields(fields) => {
                return (fields.pattern(self.locale, self.cycle).unwrap_or_default(), self.zone_name);
            }
            Content::Styles { date, time } => (date, time),
        };
        let cycle = self.cycle;
        let date_pattern = date.map(|length| self.locale.nth("dateStyle", length as usize));
        let time_pattern = time.map(|length| self.locale.nth(&format!("timeStyle {cycle}"), length as usize));
        // Full times end with the long name of the zone, long times with the short one.
        let zone = match time.map(|length| length as usize) {
            Some(0) => Some(ZoneName::Long),
            _ => Some(ZoneName::Short),
        };
        if let (Some(date), Some(time)) = (date, time) {
            let key = format!("styles {cycle} {}{}", date as usize, time as usize);
            if let Some(known) = self.locale.line(&key) {
                return (known.to_owned(), zone);
            }
        }
        let pattern = match (date_pattern, time_pattern, date) {
            (Some(date), Some(time), Some(length)) => {
                pattern::glue(self.locale.nth("dateStyle glue", length as usize), date, time)
            }
            (date, time, _) => date.or(time).unwrap_or_default().to_owned(),
        };
        (pattern, zone)
    }

    /// Formats a time in milliseconds since 1970, which is a number.
    ///
    /// # Errors
    /// A refusal for a year that the tz database's library does not have, and for a zone without a known name.
    pub(super) fn format(&self, milliseconds: f64, what: &str) -> JsResult<Parts> {
        let Some(mut time) = self.zone.local_time(milliseconds) else {
            let zone = &self.zone.name;
            return Err(refusal::unsupported(what, &format!("the time zone `{zone}` in years beyond 9999")));
        };
        let (pattern, zone_name) = self.pattern();
        if let Some(style) = zone_name.and_then(|name| name.written_by(&pattern)) {
            time.zone = self.zone.name_at((milliseconds, time.year), style, (self.locale, what))?;
        }
        Ok(pattern::write(&pattern, &time, (self.locale, self.n_fraction)))
    }
}
