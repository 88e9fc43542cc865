import subprocess,os,sys,shutil
R='.'; SRC=R+'/library/src/main/java/dev/millrace/internal/pattern/'
CP=os.environ['CLASSPATH']; L=R+'/target/jt/library'; LT=R+'/target/jt/library-test'; D=R+'/target/jt/devbroker'
S='MatchStep.java'; C='AutomatonCompiler.java'
M=[
('none',S,'',''),
('M1 nots never hit',S,'if ((isNext || !not.onlyNext()) && ask(','if (false && ask('),
('M1 notNext holds for all',S,'if ((isNext || !not.onlyNext()) && ask(','if (ask('),
('M1 notFollowedBy holds for the next only',S,'if ((isNext || !not.onlyNext()) && ask(','if (isNext && ask('),
('M2 strict stays open',S,'if (edge.contiguity() == Contiguity.STRICT\n          || (edge','if ((edge'),
('M3 until may be taken',S,'if (!ends && ask(','if (ask('),
('M3 one child only',S,'taken |= taking & bit;','taken |= taken == 0 ? taking & bit : 0;'),
('M4 until does not end',S,'|| (edge.repeats() && ends)','|| (false)'),
('M4 until ends the first too',S,'|| (edge.repeats() && ends)','|| ends'),
('M5 greedy does not matter',S,'if ((edges.get(i).unless() & taking) != 0)','if (false)'),
('M5 greedy takes only, does not close',S,'left &= ~bit; // M5',';'),
('M6 relaxed stays open',S,'edge.contiguity() == Contiguity.RELAXED && (taking','false && (taking'),
('M6 any closes',S,'edge.contiguity() == Contiguity.RELAXED && (taking','(taking'),
('M7 no start while there are runs',S,'    follow(null, automaton.starts()','    if (concerned.isEmpty()) follow(null, automaton.starts()'),
('M8 end is no match',S,'matched |= edges.get(i).isEnd();','matched |= false;'),
('M8 accept is no match',S,'if (place.accepts()) { // M8','if (false) { // M8'),
('M9 within one longer',S,'plus(run.startMs, automaton.withinMs())','plus(run.startMs + 1, automaton.withinMs())'),
('M9 gap ignored',S,'plus(run.lastMs, edge.gapMs())','Edge.ALWAYS'),
('M9 matches time out too',S,'run.open == 0 && run.completed == 0','run.open == 0'),
('M9 partial with open edges times out',S,'run.open == 0 && run.completed == 0','run.completed == 0'),
('M10 no waiting',S,'runs.values().stream().anyMatch(run -> run.isLive()','runs.values().stream().anyMatch(run -> false && run.isLive()'),
('M10 waits for the same start',S,'run.isLive() && run.start < match.start','run.isLive() && run.start <= match.start'),
('M10 moments do not matter',S,'return byMoment != 0 ? byMoment :','return'),
('M10 toNext skips none',S,'run -> run.start == start;','run -> false;'),
('M10 pastLast keeps the last',S,'run.start <= taken.get','run.start < taken.get'),
('M10 toFirst is toLast',S,'startsBefore(ofStage(taken).get(0))','startsBefore(ofStage(taken).get(ofStage(taken).size() - 1))'),
('M10 toLast is toFirst',S,'startsBefore(ofStage(taken).get(ofStage(taken).size() - 1))','startsBefore(ofStage(taken).get(0))'),
('M10 waiting ones are not skipped',S,'run.completed = Math.min(run.completed, 0);',';'),
('M10 live ones are not skipped',S,'          run.open = 0;\n          run.completed = Math.min','          run.completed = Math.min'),
('M11 repeats at once',S,'return automaton.isAmbiguous() && before','return false && before'),
('M11 repeats that wait',S,'if (automaton.isAmbiguous()) {\n        for','if (false) {\n        for'),
('M11 partial repeats',S,'if (!automaton.isAmbiguous()\n','if (true\n'),
('order of matches of one event',S,'complete.sort(','new ArrayList<>(complete).sort('),
('event number not counted',S,'if (isKept || (automaton.countsEvents() && hasRuns()))','if (isKept)'),
('place is passed over',S,'return test.readsMatch() || ask(test, noPath());','return ask(test, noPath());'),
('until is passed over',S,'|| (edge.repeats() && target.until().isPresent() && mayHold(target.until().get()))','|| false'),
('C left out greedy is no guard',C,'List<KnownGuard> left = known(next.skipped().get(), contiguity, exit.nots());','List<KnownGuard> left = List.of();'),
('C entry guards lost',C,'joined(exit.guards(), known(entry.guards(), contiguity, exit.nots()))','exit.guards()'),
('C start guards lost',C,'known(entry.guards(), Contiguity.ANY, List.of())','List.of()'),
('C group does not repeat',C,'if (round == count && quantifier.isUnbounded()) {','if (false) {'),
('C group bound by inner of stage',C,'connect(exit, body.entries(), quantifier.inner());\n      }\n      if','connect(exit, body.entries(), Contiguity.RELAXED);\n      }\n      if'),
('C loop by its own contiguity',C,'target, quantifier.inner(), true, List.of(), List.of(), gapInto(target)','target, stage.contiguity(), true, List.of(), List.of(), gapInto(target)'),
('C nots lost over what is left out',C,'after.add(new Exit(exit.place(), joined(exit.guards(), left), exit.nots()));','after.add(new Exit(exit.place(), joined(exit.guards(), left), List.of()));'),
]
sel=sys.argv[1:] 
for name,f,a,b in M:
    if sel and not any(x in name for x in sel): continue
    s=open(SRC+f).read()
    if a and a not in s: print('NOT FOUND',name); continue
    out=R+'/target/mut'; shutil.rmtree(out,ignore_errors=True); os.makedirs(out+'/src')
    p=out+'/src/'+f; open(p,'w').write(s.replace(a,b,1))
    c=subprocess.run(['javac','-nowarn','--release','17','-proc:none','-d',out,'-cp',L+':'+CP,p],capture_output=True,text=True)
    if c.returncode: print('COMPILE',name,c.stderr[:300]); continue
    try:
        r=subprocess.run(['timeout','60','java','-Xmx512m','-XX:+UseSerialGC','-XX:TieredStopAtLevel=1','-Dpattern.first=1000','-cp',':'.join([out,LT,L,D,CP]),'org.junit.platform.console.ConsoleLauncher','execute','--disable-banner','--details=none','--exclude-tag','slow','--select-class','dev.millrace.internal.pattern.PatternEquivalenceTest'],capture_output=True,text=True)
        print('survived' if r.returncode==0 else 'caught  ',name, (r.stdout.split('pattern.seed=')[1][:60].split(chr(10))[0] if 'pattern.seed=' in r.stdout else ('timeout' if r.returncode==124 else r.stdout[-300:] if r.returncode else '')),flush=True)
    except Exception as e: print('ERR',name,e)
