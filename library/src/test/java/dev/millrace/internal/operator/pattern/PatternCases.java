package dev.millrace.internal.operator.pattern;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * What patterns find, as a table: what {@code docs/PATTERNS.md} says, one line for each thing.
 *
 * <p>The columns are a name, a pattern, events, and what comes of them.
 *
 * <ul>
 *   <li>Patterns are read by {@link PatternText}: a stage takes words that begin with its name.
 *   <li>Events are words. They come one millisecond after the other, or at the time that follows
 *       their {@code @}. {@code ~} lets the watermark pass all events so far, {@code ~20} lets it
 *       come to 20. In the end it passes everything.
 *   <li>Results are separated by semicolons, in the order in which they come. A match is its events
 *       in their order; an event at a stage that is not named by its letter is there as {@code
 *       stage=event}. An unfinished match is in parentheses. Late events are last.
 * </ul>
 */
final class PatternCases {

  private static final String TABLE =
      """
      # Contiguity: what may lie between two stages.
      one stage | a | a1 b1 a2 | a1; a2
      next | a next b | a1 b1 a2 x b2 a3 a4 b3 | a1 b1; a4 b3
      next of the same kind | a next b=a | a1 a2 a3 | a1 b=a2; a2 b=a3
      next is whatever comes | a next any | a1 x a2 b1 | a1 any=x; a2 any=b1
      three in a row | a next b next c | a1 b1 c1 a2 b2 x c2 | a1 b1 c1
      followedBy | a followedBy b | a1 x a2 b1 b2 | a1 b1; a2 b1
      followedBy of the same kind | a followedBy b=a | a1 a2 a3 | a1 b=a2; a2 b=a3
      followedBy twice | a followedBy b followedBy c | a1 a2 b1 b2 c1 | a1 b1 c1; a2 b1 c1
      followedByAny | a followedByAny b | a1 x a2 b1 b2 | a1 b1; a2 b1; a1 b2; a2 b2
      followedByAny of the same kind | a followedByAny b=a | a1 a2 a3 | a1 b=a2; a1 b=a3; a2 b=a3
      followedByAny twice | a followedByAny b followedByAny c | a1 b1 b2 c1 c2 | a1 b1 c1; a1 b2 c1; a1 b1 c2; a1 b2 c2
      next after followedBy | a followedBy b next c | a1 b1 x c1 a2 b2 c2 | a2 b2 c2
      next after followedByAny | a followedByAny b next c | a1 b1 b2 c1 x b3 c2 | a1 b2 c1; a1 b3 c2
      followedBy after next | a next b followedBy c | a1 b1 x c1 a2 x b2 c2 | a1 b1 c1
      followedByAny after next | a next b followedByAny c | a1 b1 c1 x c2 | a1 b1 c1; a1 b1 c2
      followedByAny after followedBy | a followedBy b followedByAny c | a1 b1 b2 c1 c2 | a1 b1 c1; a1 b1 c2
      followedBy after followedByAny | a followedByAny b followedBy c | a1 b1 c1 b2 c2 | a1 b1 c1; a1 b2 c2

      # Quantifiers, with what may lie between two events of the stage, and after the last one.
      oneOrMore | a oneOrMore followedBy b | a1 x a2 b1 | a1 a2 b1; a1 b1; a2 b1
      oneOrMore, next | a oneOrMore next b | a1 x a2 b1 | a1 a2 b1; a2 b1
      oneOrMore, followedByAny | a oneOrMore followedByAny b | a1 a2 b1 b2 | a1 a2 b1; a1 b1; a2 b1; a1 a2 b2; a1 b2; a2 b2
      oneOrMore consecutive | a oneOrMore consecutive followedBy b | a1 a2 x a3 b1 | a1 a2 b1; a1 b1; a2 b1; a3 b1
      oneOrMore consecutive, next | a oneOrMore consecutive next b | a1 a2 x a3 b1 | a3 b1
      oneOrMore consecutive, followedByAny | a oneOrMore consecutive followedByAny b | a1 x a2 b1 b2 | a1 b1; a2 b1; a1 b2; a2 b2
      oneOrMore allowCombinations | a oneOrMore allowCombinations followedBy b | a1 a2 a3 b1 | a1 a2 a3 b1; a1 a2 b1; a1 a3 b1; a1 b1; a2 a3 b1; a2 b1; a3 b1
      oneOrMore allowCombinations, next | a oneOrMore allowCombinations next b | a1 a2 a3 b1 | a1 a2 a3 b1; a1 a3 b1; a2 a3 b1; a3 b1
      oneOrMore at the end | a oneOrMore | a1 x a2 | a1; a1 a2; a2
      oneOrMore consecutive at the end | a oneOrMore consecutive | a1 a2 x a3 | a1; a1 a2; a2; a3
      oneOrMore allowCombinations at the end | a oneOrMore allowCombinations | a1 a2 a3 | a1; a1 a2; a2; a1 a2 a3; a1 a3; a2 a3; a3
      oneOrMore in the middle | a followedBy b oneOrMore followedBy c | a1 b1 x b2 c1 | a1 b1 b2 c1; a1 b1 c1
      oneOrMore in the middle, all in a row | a next b oneOrMore consecutive next c | a1 b1 b2 c1 a2 b3 x c2 | a1 b1 b2 c1
      oneOrMore after followedByAny | a followedByAny b oneOrMore followedBy c | a1 b1 b2 c1 | a1 b1 b2 c1; a1 b1 c1; a1 b2 c1
      times | a times(3) | a1 x a2 a3 a4 | a1 a2 a3; a2 a3 a4
      times consecutive | a times(2) consecutive | a1 x a2 a3 | a2 a3
      times allowCombinations | a times(2) allowCombinations | a1 a2 a3 | a1 a2; a1 a3; a2 a3
      three times allowCombinations | a times(3) allowCombinations | a1 a2 a3 a4 | a1 a2 a3; a1 a2 a4; a1 a3 a4; a2 a3 a4
      times, next | a times(2) next b | a1 a2 b1 a3 a4 x b2 | a1 a2 b1
      times consecutive, followedByAny | a times(2) consecutive followedByAny b | a1 a2 b1 b2 | a1 a2 b1; a1 a2 b2
      times after next | a next b times(2) followedBy c | a1 b1 x b2 c1 a2 x b3 b4 c2 | a1 b1 b2 c1
      times from to | a times(1,2) | a1 a2 a3 | a1; a1 a2; a2; a2 a3; a3
      times from to, followedBy | a times(1,2) followedBy b | a1 a2 a3 b1 | a1 a2 b1; a1 b1; a2 a3 b1; a2 b1; a3 b1
      times from to consecutive, next | a times(1,2) consecutive next b | a1 a2 a3 b1 | a2 a3 b1; a3 b1
      timesOrMore | a timesOrMore(2) followedBy b | a1 a2 a3 b1 | a1 a2 a3 b1; a1 a2 b1; a2 a3 b1
      timesOrMore consecutive, next | a timesOrMore(2) consecutive next b | a1 a2 a3 b1 | a1 a2 a3 b1; a2 a3 b1
      timesOrMore allowCombinations | a timesOrMore(2) allowCombinations followedBy b | a1 a2 a3 b1 | a1 a2 a3 b1; a1 a2 b1; a1 a3 b1; a2 a3 b1

      # Optional stages.
      optional in the middle | a followedBy b optional followedBy c | a1 b1 c1 a2 c2 | a1 b1 c1; a1 c1; a2 c2
      optional between next | a next b optional next c | a1 b1 c1 a2 c2 a3 x c3 | a1 b1 c1; a2 c2
      optional before followedByAny | a followedBy b optional followedByAny c | a1 b1 c1 c2 | a1 b1 c1; a1 c1; a1 b1 c2; a1 c2
      optional at the beginning | a optional next b | a1 b1 x b2 | a1 b1; b1; b2
      optional at the beginning, followedBy | a optional followedBy b | a1 x b1 b2 | a1 b1; b1; b2
      optional at the end | a next b optional | a1 b1 | a1; a1 b1
      optional at the end, followedBy | a followedBy b optional | a1 x b1 b2 | a1; a1 b1
      optional times | a followedBy b times(2) optional followedBy c | a1 b1 b2 c1 | a1 b1 b2 c1; a1 c1
      two of them in a row | a next b optional next c optional next d | a1 d1 a2 b1 d2 a3 c1 d3 a4 b2 c2 d4 | a1 d1; a2 b1 d2; a3 c1 d3; a4 b2 c2 d4
      each way on is waited for by itself | a followedBy b oneOrMore optional followedBy c | a1 c1 b1 b2 c2 | a1 c1; a1 b1 b2 c2; a1 b1 c2
      the same event at either stage | a next b optional next c=bc | a1 b1 c1 | a1 c=b1; a1 b1 c1

      # Greedy stages take what they can.
      greedy | a oneOrMore greedy followedBy b | a1 x a2 b1 | a1 a2 b1; a2 b1
      greedy, next | a oneOrMore greedy next b | a1 a2 b1 | a1 a2 b1; a2 b1
      greedy, followedByAny | a oneOrMore greedy followedByAny b | a1 b1 a2 b2 | a1 b1; a1 a2 b2; a2 b2
      greedy consecutive | a oneOrMore consecutive greedy followedBy b | a1 a2 x a3 b1 | a1 a2 b1; a2 b1; a3 b1
      greedy allowCombinations | a oneOrMore allowCombinations greedy followedBy b | a1 a2 b1 | a1 a2 b1; a2 b1
      greedy takes what the next stage could take | a oneOrMore greedy followedBy any | a1 a2 x | a1 a2 any=x; a2 any=x
      without greedy both take it | a oneOrMore followedBy any | a1 a2 x | a1 any=a2; a1 a2 any=x; a2 any=x
      greedy up to the most | a times(1,2) greedy followedBy b | a1 a2 a3 b1 | a1 a2 b1; a2 a3 b1; a3 b1
      greedy timesOrMore | a timesOrMore(2) greedy followedBy b | a1 a2 a3 b1 | a1 a2 a3 b1; a2 a3 b1
      optional greedy | a followedBy b optional greedy followedBy c | a1 b1 c1 a2 c2 | a1 b1 c1; a2 c2
      optional greedy may come later | a followedBy b optional greedy followedBy c | a1 c1 b1 c2 | a1 c1; a1 b1 c2
      optional greedy, the same event at either stage | a next b optional greedy next c=bc | a1 b1 c1 | a1 b1 c1
      optional greedy at the beginning | a optional greedy next b=ab | a1 b1 | a1 b1; b1

      # Until.
      until | a oneOrMore until(u) followedBy c | a1 a2 u a3 c1 | a1 a2 c1; a1 c1; a2 c1; a3 c1
      until is what follows | a oneOrMore until(c) followedBy c | a1 c1 a2 c2 | a1 c1; a2 c2
      until, next | a oneOrMore until(u) next any | a1 u a2 b1 | a1 any=u; a2 any=b1
      until before the first event | a followedBy b oneOrMore until(u) followedBy c | a1 u b1 b2 u b3 c1 | a1 b1 b2 c1; a1 b1 c1
      until an event that the stage would take | a oneOrMore until(a3) followedBy b | a1 a2 a3 a4 b1 | a1 a2 b1; a1 b1; a2 b1; a4 b1
      until with times | a times(2) until(u) followedBy b | a1 u a2 a3 b1 | a2 a3 b1
      until with greedy | a oneOrMore greedy until(u) followedBy b | a1 u a2 b1 | a1 b1; a2 b1
      until with allowCombinations | a oneOrMore allowCombinations until(u) followedBy b | a1 a2 u a3 b1 | a1 a2 b1; a1 b1; a2 b1; a3 b1
      until at the end | a oneOrMore until(u) | a1 u a2 | a1; a2

      # What must not come.
      notNext | a notNext n followedBy b | a1 n b1 a2 x n b2 | a2 b2
      notNext, next | a notNext n next b=bn | a1 n1 a2 b1 | a2 b1
      notNext, followedByAny | a notNext n followedByAny b | a1 b1 n b2 a2 n b3 | a1 b1; a1 b2; a1 b3
      notFollowedBy | a notFollowedBy n followedBy b | a1 x b1 a2 x n b2 | a1 b1
      notFollowedBy, followedByAny | a notFollowedBy n followedByAny b | a1 b1 n b2 | a1 b1
      notFollowedBy, next | a notFollowedBy n next b | a1 b1 a2 n b2 | a1 b1
      what must not come wins | a notFollowedBy n followedBy any | a1 n1 x a2 y | a2 any=y
      two that must not come | a notFollowedBy n notFollowedBy m followedBy b | a1 b1 a2 m b2 a3 n b3 | a1 b1
      notNext and notFollowedBy | a notNext m notFollowedBy n followedBy b | a1 x m b1 a2 m b2 a3 x n b3 | a1 b1
      notFollowedBy with a condition on the match | a notFollowedBy n where(same) followedBy b | a1 n2 b1 a3 n3 b2 | a1 b1
      notNext with a condition on the match | a notNext n where(same) followedBy b | a1 n1 b1 a2 n1 b2 | a2 b2
      notFollowedBy before an optional stage | a notFollowedBy n followedBy b optional followedBy c | a1 b1 n c1 a2 n c2 a3 c3 | a1 b1 c1; a3 c3
      notFollowedBy after a loop | a oneOrMore notFollowedBy n followedBy b | a1 n a2 b1 | a1 a2 b1; a2 b1
      notNext after a loop | a oneOrMore notNext n followedBy b | a1 n a2 x b1 | a1 a2 b1; a2 b1
      notFollowedBy before a loop | a notFollowedBy n followedBy b oneOrMore followedBy c | a1 b1 n b2 c1 | a1 b1 b2 c1; a1 b1 c1
      notFollowedBy at the end | a notFollowedBy n within(5) | a1@10 n@14 a2@20 n@25 | a2
      notFollowedBy at the end of two stages | a followedBy b notFollowedBy n within(10) | a1@1 b1@5 n@11 a2@20 b2@25 n@29 | a1 b1
      notFollowedBy at the end, and no match before it | a followedBy b notFollowedBy n within(10) | a1@1 | (a1)
      notFollowedBy at the end, with its own time | a followedBy b notFollowedBy n withinPrevious(5) within(100) | a1@10 b1@30 x@34 a2@40 b2@41 n@42 | a1 b1
      notFollowedBy at the end of a loop | a oneOrMore notFollowedBy n within(5) | a1@10 a2@12 | a1 a2; a1; a2
      notFollowedBy at the end of an optional stage | a followedBy b optional notFollowedBy n within(5) | a1@1 b1@2 a2@20 n@22 | a1 b1; a1; (a2)

      # Conditions on the match so far.
      a condition on the match | a followedBy b where(more) | a5 a2 b3 b6 | a2 b3; a5 b6
      what does not hold is left out | a followedBy b where(same) | a1 a2 b2 b1 | a2 b2; a1 b1
      what does not hold is next all the same | a next b where(same) | a1 b2 b1 a3 b3 | a3 b3
      a condition on the stage itself | a where(more) times(3) consecutive | a1 a2 a3 a0 a5 a6 | a1 a2 a3; a0 a5 a6
      a condition on a loop | a where(more) oneOrMore followedBy b | a1 a3 a2 b1 | a1 a3 b1; a1 b1; a3 b1; a2 b1
      a condition on a loop, allowCombinations | a where(more) oneOrMore allowCombinations next b | a1 a3 a2 b1 | a1 a2 b1; a2 b1
      a condition on a greedy loop | a where(more) oneOrMore greedy followedBy b | a1 a3 a2 b1 | a1 a3 b1; a3 b1; a2 b1
      or | a or(z) next b | a1 b1 z1 b2 x b3 | a1 b1; a=z1 b2

      # Groups.
      a group of times | ( a followedBy b ) times(2) | a1 b1 x a2 b2 | a1 b1 a2 b2
      rounds share events with other matches | ( a next b ) times(2) | a1 b1 a2 b2 a3 b3 | a1 b1 a2 b2; a2 b2 a3 b3
      a round begins with the first event that it can | ( a next b ) times(2) | a1 b1 a2 x a3 b2 |
      a round begins with any event | ( a next b ) times(2) allowCombinations | a1 b1 a2 x a3 b2 | a1 b1 a3 b2
      all choices of rounds | ( a next b ) times(2) allowCombinations | a1 b1 a2 b2 a3 b3 | a1 b1 a2 b2; a1 b1 a3 b3; a2 b2 a3 b3
      a group once or more | ( a next b ) oneOrMore followedBy c | a1 b1 a2 b2 c1 | a1 b1 a2 b2 c1; a1 b1 c1; a2 b2 c1
      a group consecutive | ( a next b ) oneOrMore consecutive next c | a1 b1 a2 b2 c1 a3 b3 x c2 | a1 b1 a2 b2 c1; a2 b2 c1
      a group at the end | ( a next b ) oneOrMore | a1 b1 a2 b2 | a1 b1; a1 b1 a2 b2; a2 b2
      an optional group | a followedBy ( b next c ) optional followedBy d | a1 b1 c1 d1 a2 d2 | a1 b1 c1 d1; a1 d1; a2 d2
      a group right after | a next ( b followedBy c ) | a1 x b1 a2 b2 x c2 | a2 b2 c2
      a group after any | a followedByAny ( b next c ) | a1 b1 c1 b2 c2 | a1 b1 c1; a1 b2 c2
      a group in a group | ( a next ( b followedBy c ) times(2) ) times(2) | a1 b1 c1 b2 c2 a2 b3 c3 b4 c4 | a1 b1 c1 b2 c2 a2 b3 c3 b4 c4
      the same events are one match | ( a oneOrMore ) oneOrMore followedBy b | a1 a2 b1 | a1 a2 b1; a1 b1; a2 b1
      the same events in other rounds are one match | ( a oneOrMore ) times(2) followedBy b | a1 a2 a3 b1 | a1 a2 a3 b1; a1 a2 b1; a2 a3 b1
      an optional stage in a group | ( a next b optional ) times(2) followedBy c | a1 b1 a2 c1 | a1 b1 a2 c1; a1 a2 c1
      notFollowedBy in a group | ( a notFollowedBy n followedBy b ) times(2) | a1 b1 n a2 b2 a3 n b3 | a1 b1 a2 b2
      notFollowedBy after a group | ( a next b ) oneOrMore notFollowedBy n followedBy c | a1 b1 n a2 b2 c1 | a1 b1 a2 b2 c1; a2 b2 c1
      a greedy stage in a group | ( a oneOrMore greedy next b ) times(2) | a1 a2 b1 a3 b2 | a1 a2 b1 a3 b2; a2 b1 a3 b2
      an optional group at the beginning | ( a next b ) optional next c | a1 b1 c1 c2 | a1 b1 c1; c1; c2

      # Time: what is due at a time comes before the events of that time.
      within is shorter than its bound | a followedBy b within(10) | a1@10 b1@19 a2@20 b2@30 | a1 b1; (a2)
      within goes on to the end of the pattern | a followedBy b followedBy c within(10) | a1@1 b1@5 c1@11 | (a1 b1)
      within after matches with any | a followedByAny b within(10) | a1@1 b1@5 b2@10 b3@11 | a1 b1; a1 b2; (a1)
      within of a loop | a oneOrMore followedBy b within(5) | a1@1 a2@4 b1@7 | (a1); (a1 a2); a2 b1; (a2)
      within of a greedy loop | a oneOrMore greedy followedBy b within(5) | a1@1 a2@3 b1@7 | (a1 a2); a2 b1; (a2)
      within of what until has ended | a oneOrMore until(u) followedBy b within(5) | a1@1 u@3 | (a1)
      within of times | a times(2) within(10) | a1@1 a2@5 a3@20 | a1 a2; (a2); (a3)
      within of a group | ( a next b ) times(2) within(10) | a1@1 b1@2 a2@5 b2@11 | (a1 a2 b1); (a2 b2)
      what was a match is not unfinished | a oneOrMore within(10) | a1@1 a2@5 | a1; a1 a2; a2
      what has come of a match may be unfinished | a followedBy ( b next c ) optional within(10) | a1@1 b1@5 | a1; (a1 b1)
      what was a match in another round is not unfinished | ( a timesOrMore(2) ) times(1,2) within(10) | a1@1 a2@2 a3@3 | a1 a2; a1 a2 a3; a2 a3; (a3)
      what an event has ended is not unfinished | a next b within(10) | a1@1 x@5 |
      what must not come leaves nothing unfinished | a notFollowedBy n followedBy b within(10) | a1@1 n@5 |
      what comes at the end of notFollowedBy comes after it | a notFollowedBy n within(5) | a1@10 n@15 | a1
      withinPrevious | a followedBy b withinPrevious(3) followedBy c | a1@1 b1@3 c1@50 a2@51 b2@54 c2@55 | a1 b1 c1; (a2)
      withinPrevious of each event of a stage | a times(3) withinPrevious(3) | a1@1 a2@3 a3@5 a4@9 | a1 a2 a3; (a2 a3); (a3); (a4)
      withinPrevious of a loop | a oneOrMore withinPrevious(3) followedBy b | a1@1 a2@3 a3@6 b1@7 | a1 a2 b1; a1 b1; a2 b1; a3 b1; (a3)
      withinPrevious of two stages | a followedBy b withinPrevious(3) followedBy c withinPrevious(5) | a1@1 b1@3 c1@8 a2@20 b2@21 c2@25 | (a1 b1); a2 b2 c2
      withinPrevious of an optional stage | a followedBy b optional withinPrevious(3) followedBy c | a1@1 b1@5 c1@10 | a1 c1
      withinPrevious with any | a followedByAny b withinPrevious(3) | a1@1 b1@2 b2@3 b3@4 | a1 b1; a1 b2; (a1)
      withinPrevious and within | a followedBy b withinPrevious(3) followedBy c within(10) | a1@1 b1@2 c1@12 a2@20 b2@22 c2@29 | (a1 b1); a2 b2 c2
      events of one time are in the order of their arrival | a followedBy b | b1@5 a1@5 b2@5 | a1 b2
      events of one time are next to each other | a next b | a1@5 b1@5 a2@5 x@5 b2@5 | a1 b1

      # Events out of order come in the order of their times.
      out of order, next | a next b next c | c1@3 a1@1 b1@2 ~ c2@13 b2@12 a2@11 | a1 b1 c1; a2 b2 c2
      out of order, oneOrMore | a oneOrMore followedBy b | b1@9 a2@5 a1@2 | a1 a2 b1; a1 b1; a2 b1
      out of order, greedy | a oneOrMore greedy followedBy b | b1@9 a2@3 a1@1 | a1 a2 b1; a2 b1
      out of order, until | a oneOrMore until(u) followedBy b | b1@9 a2@6 u@4 a1@2 | a1 b1; a2 b1
      out of order, optional | a next b optional next c | c1@5 a1@3 b1@4 | a1 b1 c1
      out of order, what must not come comes | a notFollowedBy n followedBy b | b1@9 a1@1 n@5 |
      out of order, what must not come comes afterwards | a notFollowedBy n followedBy b | n@9 b1@5 a1@1 | a1 b1
      out of order, notFollowedBy at the end | a notFollowedBy n within(5) | n@3 a1@1 a2@10 | a2
      out of order, group | ( a next b ) times(2) | b2@4 a2@3 b1@2 a1@1 | a1 b1 a2 b2
      out of order, within | a followedBy b within(5) | b1@6 b2@5 a1@1 | a1 b2
      out of order, over a watermark | a followedBy b | x@9 b1@8 a1@5 ~6 b2@7 | a1 b2
      out of order, a condition on the match | a followedBy b where(more) | b9@4 b3@3 a5@2 a1@1 | a1 b3; a5 b9

      # Late events have not come.
      late | a followedBy b | a1@10 ~20 b1@19 b2@20 | a1 b2; late b1
      late, the first | a followedBy b | x@10 ~20 a1@12 b1@21 | late a1
      late, between next | a next b | a1@10 ~20 x@15 b1@21 | a1 b1; late x
      late, in a loop | a oneOrMore followedBy b | a1@10 ~20 a2@15 b1@25 | a1 b1; late a2
      late, in a greedy loop | a oneOrMore greedy followedBy b | a1@10 ~20 a2@15 b1@25 | a1 b1; late a2
      late, what must not come | a notFollowedBy n followedBy b | a1@10 ~20 n@15 b1@21 | a1 b1; late n
      late, until | a oneOrMore until(u) followedBy b | a1@10 ~20 u@15 a2@21 b1@22 | a1 a2 b1; a1 b1; a2 b1; late u
      late, in a group | ( a next b ) times(2) | a1@1 b1@2 ~10 a2@5 b2@6 a3@10 b3@11 | a1 b1 a3 b3; late a2; late b2
      late, when the time is over | a followedBy b within(5) | a1@10 ~15 b1@14 | (a1); late b1
      just in time | a followedBy b within(5) | a1@10 ~14 b1@14 | a1 b1

      # Matches go on over watermarks, and so over commits and restarts.
      over watermarks, followedBy | a followedBy b followedBy c | a1 ~ x ~ b1 ~ ~ c1 ~ | a1 b1 c1
      over watermarks, next | a next b | a1 ~ b1 ~ a2 ~ x ~ b2 | a1 b1
      over watermarks, notNext | a notNext n followedBy b | a1 ~ n ~ b1 a2 ~ x ~ n ~ b2 | a2 b2
      over watermarks, oneOrMore | a oneOrMore followedBy b | a1 ~ a2 ~ b1 ~ | a1 a2 b1; a1 b1; a2 b1
      over watermarks, greedy | a oneOrMore greedy followedBy b | a1 ~ x ~ a2 ~ b1 ~ | a1 a2 b1; a2 b1
      over watermarks, group | ( a next b ) times(2) | a1 ~ b1 ~ a2 ~ b2 | a1 b1 a2 b2
      over watermarks, a condition on the match | a followedBy b where(same) | a1 ~ a2 ~ b2 ~ b1 | a2 b2; a1 b1
      over watermarks, time | a followedBy b within(10) | a1@1 ~5 ~11 ~12 b1@12 | (a1)

      # Skip strategies: which others go when a match is emitted.
      noSkip | a oneOrMore followedBy b noSkip | a1 a2 a3 b1 | a1 a2 a3 b1; a1 a2 b1; a1 b1; a2 a3 b1; a2 b1; a3 b1
      toNext | a oneOrMore followedBy b within(50) toNext | a1 a2 a3 b1 | a1 a2 a3 b1; a2 a3 b1; a3 b1
      pastLast | a oneOrMore followedBy b within(50) pastLast | a1 a2 a3 b1 a4 b2 | a1 a2 a3 b1; a4 b2
      toFirst | a oneOrMore followedBy b followedBy c within(50) toFirst(b) | a1 a2 b1 c1 a3 b2 c2 | a1 a2 b1 c1; a3 b2 c2
      toFirst of the first stage | a oneOrMore followedBy b within(50) toFirst(a) | a1 a2 b1 | a1 a2 b1; a1 b1; a2 b1; (a1 a2); (a2)
      toLast | a oneOrMore followedBy b within(50) toLast(a) | a1 a2 a3 b1 | a1 a2 a3 b1; a3 b1; (a3)
      toFirst, the same events in other rounds | ( a oneOrMore ) times(2) followedBy b within(50) toFirst(a) | a1 a2 a3 b1 | a1 a2 a3 b1; a1 a2 b1; a2 a3 b1; (a1 a2 a3); (a2 a3); (a3)
      toLast of a loop at the end | a followedBy b oneOrMore within(50) toLast(b) | a1 b1 b2 | a1 b1
      toNext, followedByAny | a followedByAny b within(50) toNext | a1 a2 b1 b2 | a1 b1; a2 b1
      pastLast, followedByAny | a followedByAny b within(50) pastLast | a1 a2 b1 b2 a3 b3 | a1 b1; a3 b3
      pastLast, a loop at the end | a oneOrMore within(10) pastLast | a1 a2 a3 | a1; a2; a3
      pastLast, greedy and in a row | a oneOrMore consecutive greedy next b pastLast | a1 a2 a3 b1 a4 b2 | a1 a2 a3 b1; a4 b2
      pastLast, optional | a next b optional followedBy c within(20) pastLast | a1 b1 c1 a2 c2 | a1 b1 c1; a2 c2
      pastLast, a group | ( a next b ) oneOrMore within(50) pastLast | a1 b1 a2 b2 | a1 b1; a2 b2
      pastLast, notFollowedBy at the end | a notFollowedBy n within(5) pastLast | a1@1 a2@3 n@7 a3@20 | a1; a3
      a match waits for what has started before it | a followedBy b where(same) within(20) pastLast | a1@1 a2@2 b2@3 ~21 a3@22 b3@23 | a2 b2; (a1); a3 b3
      what waits may be skipped | a followedBy b where(same) within(20) pastLast | a1@1 a2@2 b2@3 b1@4 | a1 b1
      what waits comes after what has started before | a followedBy b where(same) within(20) toNext | a1@1 a2@2 b2@3 b1@4 | a1 b1; a2 b2
      the end of the input ends the waiting | a followedBy b where(same) pastLast | a1 a2 b2 | a2 b2
      pastLast, out of order | a oneOrMore followedBy b within(50) pastLast | b1@9 a2@5 a1@2 | a1 a2 b1
      pastLast, late | a oneOrMore followedBy b within(50) pastLast | a1@1 ~10 a2@5 b1@12 | a1 b1; late a2
      toNext, over watermarks | a oneOrMore followedBy b within(50) toNext | a1 ~ a2 ~ b1 ~ | a1 a2 b1; a2 b1
      toLast, over watermarks | a oneOrMore followedBy b within(50) toLast(a) | a1 ~ a2 ~ b1 ~ | a1 a2 b1; a2 b1; (a2)
      """;

  /** A line of the table. */
  record Case(String name, String pattern, String events, String expected) {

    static Case of(String line) {
      String[] columns = line.split(" \\|", -1);
      if (columns.length != 4) {
        throw new IllegalArgumentException("not a line of four columns: " + line);
      }
      return new Case(
          columns[0].strip(), columns[1].strip(), columns[2].strip(), columns[3].strip());
    }

    /** {@return what happens, one after the other: events and watermarks} */
    List<Step> steps() {
      List<Step> steps = new ArrayList<>();
      long timeMs = 0;
      long latestMs = 0;
      for (String step : events.split(" ")) {
        if (step.startsWith("~")) {
          long toMs = step.length() == 1 ? latestMs + 1 : Long.parseLong(step.substring(1));
          steps.add(new Step("", toMs));
          continue;
        }
        int at = step.indexOf('@');
        timeMs = at < 0 ? timeMs + 1 : Long.parseLong(step.substring(at + 1));
        latestMs = Math.max(latestMs, timeMs);
        steps.add(new Step(at < 0 ? step : step.substring(0, at), timeMs));
      }
      return steps;
    }

    boolean hasLateEvents() {
      return expected.contains("late ");
    }

    @Override
    public String toString() {
      return name;
    }
  }

  /** An event, or a watermark if there is no word. */
  record Step(String word, long timeMs) {
    boolean isWatermark() {
      return word.isEmpty();
    }
  }

  static final List<Case> ALL =
      TABLE.lines().filter(line -> !line.isBlank() && !line.startsWith("#")).map(Case::of).toList();

  private PatternCases() {}

  /** {@return an event that a stage has taken, as the table has it} */
  static String shown(String stage, String word) {
    return word.startsWith(stage) && stage.length() == 1 ? word : stage + "=" + word;
  }

  /** {@return the results of a line, one by one} */
  static List<String> results(String expected) {
    return Stream.of(expected.split("; ")).filter(each -> !each.isEmpty()).toList();
  }
}
