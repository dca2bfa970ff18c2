const lines = Number(process.env.LINES ?? 5);

for (let line = 1; line <= lines; line += 1) {
  console.log(`line ${line} of ${lines}`);
  await new Promise((resolve) => setTimeout(resolve, 200));
}
console.log('the report is done');
