// The no-break spaces of word processors.

export const NO_BREAK = /[\u00a0\u202f\u2007]/g;
// The same as in tips/text/no_break_spaces.py; a test holds the two equal.
const UNITS =
  "mm cm dm m km in ft yd mi mg g kg t lb lbs oz ml cl dl l L ms s sec min h hr hrs hour hours" +
  " minute minutes second seconds day days week weeks month months year years ° °C °F % ‰ $ € £ ¥ ¢" +
  " USD EUR GBP CHF million billion B kB KB MB GB TB px pt dpi Hz kHz MHz GHz W kW kWh V A J kJ cal" +
  " kcal Pa hPa bar dB K am pm AM PM a.m. p.m. km/h mph m² m³ km² sq";
const LONGEST_FIRST = UNITS.split(" ").sort((one, other) => other.length - one.length);
const ALTERNATIVES = LONGEST_FIRST.map((unit) => unit.replace(/[.$]/g, "\\$&")).join("|");
const IS_UNIT = new RegExp(`^(?:${ALTERNATIVES})(?![\\p{L}\\p{N}_])`, "u");

// Every no-break space is a space, but one between a number and its unit.
export const loosened = (text) =>
  text.replace(NO_BREAK, (_space, at) =>
    /\d/.test(text[at - 1] || "") && IS_UNIT.test(text.slice(at + 1)) ? "\u00a0" : " ",
  );
